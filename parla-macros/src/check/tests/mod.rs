//! What each rule says, through the whole pipeline. A file per file of rules.

mod accesses;
mod amounts;
mod forms;
mod graphs;
mod items;
mod kernels;
mod random;
mod slices;
mod times;

use std::collections::HashSet;

use expect_test::Expect;
use proc_macro2::{TokenStream, TokenTree};

use super::graph::INSTANCE_RULES;
use super::{
    ELEMENT_RULES, GRAPH_RULES, KERNEL_MODULE_RULES, KERNEL_RULES, SPAWN_RULES, TASK_RULES,
    VARIANT_RULES,
};
use crate::pipeline;

/// The messages of `compile_error!`s in `tokens`, each preceded by a line.
fn messages(tokens: TokenStream) -> String {
    let mut found = String::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut String) {
    let mut is_error = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "compile_error" => is_error = true,
            TokenTree::Group(group) if is_error => {
                let literal: syn::LitStr = syn::parse2(group.stream()).expect("one text");
                found.push_str("- ");
                found.push_str(&literal.value());
                found.push('\n');
                is_error = false;
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            _ => {}
        }
    }
}

fn tokens(source: &str) -> TokenStream {
    source
        .parse()
        .expect("the source of a test has balanced brackets")
}

fn spawn(args: &str, item: &str, expected: Expect) {
    expected.assert_eq(&messages(pipeline::spawn(tokens(args), tokens(item))));
}

fn graph(item: &str, expected: Expect) {
    expected.assert_eq(&messages(pipeline::task_graph(
        TokenStream::new(),
        tokens(item),
    )));
}

#[test]
fn rules_have_names_of_their_own() {
    let names = SPAWN_RULES.iter().map(|it| it.name);
    let names = names.chain(GRAPH_RULES.iter().map(|it| it.name));
    let names = names.chain(INSTANCE_RULES.iter().map(|it| it.name));
    let names = names.chain(KERNEL_MODULE_RULES.iter().map(|it| it.name));
    let names = names.chain(KERNEL_RULES.iter().map(|it| it.name));
    let names = names.chain(ELEMENT_RULES.iter().map(|it| it.name));
    let names = names.chain(TASK_RULES.iter().map(|it| it.name));
    let names: Vec<_> = names
        .chain(VARIANT_RULES.iter().map(|it| it.name))
        .collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}
