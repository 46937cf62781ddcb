//! First stage: tokens to syntax. Knows the grammar, and nothing of what it means.
//!
//! Parsing never fails as a whole: a clause that can't be read is recorded and left out, and the
//! next one is read.
//!
//! ```text
//! spawn     = [ target ] { "," clause }
//! target    = base "[" dims "]"
//! clause    = "deps" "=" element | "placement" "=" placement
//!           | ( "input" | "output" | "inout" | "commute" | "reduce" ) "=" accesses
//!           | "clone" "=" ( name | "[" { name "," } "]" )
//!           | ( "vcus" | "memory" | "priority" | "name" ) "=" expr
//!           | "crate" "=" path
//! element   = "[" { element "," } "]" | base "[" dims "]" | expr
//! dims      = dim { "," dim }
//! dim       = expr [ ";" expr ]                      a range is a slice, anything else one index
//! placement = core [ "*" expr ] [ "{" share "}" ]
//! core      = ( "cpu" | "gpu" | "any" ) [ "(" expr ")" ] | ( "near" | "with" ) "(" element ")"
//!           | "[" { placement "," } "]" | "(" { placement "," } ")" | expr
//! share     = ( "vcus" | "memory" ) "=" expr { "," … }
//! accesses  = access | "[" { access "," } "]"
//! access    = name [ "=" ( base "[" dims "]" | expr ) ] | name "[" dims "]"
//! options   = ( name "=" expr | "prebuilt" | "explicit" ) { "," … }
//! ```
//!
//! `base` and `expr` are Rust expressions.

mod access;
mod attrs;
mod clause;
mod derive;
mod element;
mod function;
pub(crate) mod kernels;
mod keywords;
mod options;
mod placement;
mod sites;
mod split;

pub(crate) use access::Access;
pub(crate) use clause::{SpawnArgs, Value};
pub(crate) use derive::{Derive, derive};
pub(crate) use element::{Dim, Element, Selection};
pub(crate) use function::{function, spawned_function};
pub(crate) use keywords::{ENTRY_OPTIONS, GRAPH_OPTIONS, nearest};
pub(crate) use options::{Device, Options, TaskArgs, VariantArgs, options, task, variant};
pub(crate) use placement::{Core, Keyword, Placement};
pub(crate) use sites::{Form, Site, Sites};

#[cfg(test)]
mod tests;
