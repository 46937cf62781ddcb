//! First stage: tokens to syntax. Knows the grammar, and nothing of what it means.
//!
//! Parsing never fails as a whole: a clause that can't be read is recorded and left out, and the
//! next one is read.
//!
//! ```text
//! spawn     = [ target ] { "," clause }
//! target    = base "[" dims "]"
//! clause    = "deps" "=" element | "placement" "=" placement
//!           | ( "input" | "clone" ) "=" "[" { binding "," } "]"
//!           | ( "vcus" | "memory" | "priority" | "name" ) "=" expr
//!           | "crate" "=" path
//! element   = "[" { element "," } "]" | base "[" dims "]" | expr
//! dims      = dim { "," dim }
//! dim       = expr [ ";" expr ]                      a range is a slice, anything else one index
//! placement = core [ "*" expr ] [ "{" share "}" ]
//! core      = ( "cpu" | "gpu" | "any" ) [ "(" expr ")" ] | ( "near" | "with" ) "(" element ")"
//!           | "[" { placement "," } "]" | "(" { placement "," } ")" | expr
//! share     = ( "vcus" | "memory" ) "=" expr { "," … }
//! binding   = name [ "=" expr ]
//! options   = name "=" expr { "," … }
//! ```
//!
//! `base` and `expr` are Rust expressions.

mod attrs;
mod clause;
mod element;
mod function;
pub(crate) mod kernels;
mod keywords;
mod options;
mod placement;
mod sites;
mod split;

pub(crate) use clause::{Binding, SpawnArgs, Value};
pub(crate) use element::{Dim, Element, Selection};
pub(crate) use function::{function, spawned_function};
pub(crate) use keywords::{ENTRY_OPTIONS, GRAPH_OPTIONS, nearest};
pub(crate) use options::{Device, Options, TaskArgs, VariantArgs, options, task, variant};
pub(crate) use placement::{Core, Keyword, Placement};
pub(crate) use sites::{Form, Site, Sites};

#[cfg(test)]
mod tests;
