//! Last stage: model to tokens. Nothing here can fail.
//!
//! The tokens are thin: they make a builder of the runtime, hand it what the clauses say, and hand
//! it the body. They name nothing but `::parla::__private::…`, through [`paths::Paths`], and no
//! local variable but those of [`hygiene::Hygiene`]. What `check` objected to is left out, so that
//! the rest type checks.

mod accesses;
mod array_element;
mod beside;
mod body;
mod call;
mod clauses;
mod entry;
mod gpu_body;
mod groups;
mod holes;
mod hygiene;
mod index;
mod kernels;
mod paths;
mod placement;
mod prebuilt;
mod spawn;
mod task;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::model::{BareSpawn, GraphFunction, KnownGraph, Role, RunInput, prebuilt_input};
pub(crate) use array_element::array_element;
pub(crate) use groups::kept_together;
pub(crate) use hygiene::Hygiene;
pub(crate) use kernels::kernels;
pub(crate) use task::{task, variant};

use paths::Paths;

/// What every expansion of one item shares.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) paths: Paths,
    pub(crate) hygiene: Hygiene,
    /// Whether accesses leave the order of tasks to their dependencies.
    pub(crate) is_explicit: bool,
    /// The input of the graph whose tasks are spawned, if it is prebuilt.
    pub(crate) prebuilt: Option<Option<RunInput>>,
}

/// A function whose spawns are expanded, and what stands beside it if its graph is known.
///
/// The tasks of a prebuilt graph type check as such only if all `is_right`.
pub(crate) fn graph_function(
    graph: GraphFunction,
    known: Option<&KnownGraph>,
    is_right: bool,
    hygiene: Hygiene,
) -> TokenStream {
    let mut function = graph.function;
    let is_prebuilt = graph.prebuilt.is_some();
    let context = Context {
        paths: Paths::new(graph.krate),
        hygiene,
        is_explicit: graph.explicit.is_some(),
        prebuilt: prebuilt_input(&function.sig).filter(|_| is_prebuilt),
    };
    if is_prebuilt && !is_right {
        *function.block = prebuilt::left_out(&function.block);
    } else {
        if is_prebuilt {
            prebuilt::spaces_of_graph(&mut function.block, &context);
        }
        holes::fill(&mut function.block, graph.spawns, &context);
    }
    match graph.role {
        Role::Main => entry::main(&function, &graph.options, &context),
        Role::Test => entry::test(&function, &graph.options, &context),
        Role::TaskGraph => {
            let built = context.prebuilt.as_ref();
            let prebuilt = built.map(|input| prebuilt::prebuild(&mut function, input, &context));
            let data = known.map(|it| beside::data(&function, it, &context.paths));
            let beside = beside::beside(&function, data, prebuilt);
            quote!(#function #beside)
        }
    }
}

/// A function with mistakes: what was left out of it may be all that used a variable, so that the
/// compiler would warn of what is none.
pub(crate) fn without_warnings(function: TokenStream) -> TokenStream {
    quote_spanned!(at(Span::call_site())=> #[allow(unused_variables, unused_mut)] #function)
}

/// The statements in place of a spawned function.
pub(crate) fn bare_spawn(bare: BareSpawn, hygiene: Hygiene) -> TokenStream {
    let context = Context {
        paths: Paths::new(bare.krate),
        hygiene,
        is_explicit: false,
        prebuilt: None,
    };
    let mut block = syn::Block {
        brace_token: syn::token::Brace::default(),
        stmts: bare.statements,
    };
    holes::fill(&mut block, bare.spawns, &context);
    let statements = block.stmts;
    quote!(#(#statements)*)
}

/// A span for generated tokens: errors in them are shown at `span`, lints leave them alone, and
/// local names made with it can't meet the user's.
fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

#[cfg(test)]
mod tests;
