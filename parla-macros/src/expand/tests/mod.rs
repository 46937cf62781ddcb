//! What the expansions look like, printed as Rust; a form or a clause per test.

mod accesses;
mod clauses;
mod entry;
mod forms;
mod kernels;
mod recovery;

use expect_test::Expect;
use proc_macro2::TokenStream;
use quote::quote;

use crate::pipeline;

fn tokens(source: &str) -> TokenStream {
    source
        .parse()
        .expect("the source of a test has balanced brackets")
}

/// The expansion of `#[task_graph]` on `fn f() { body }`.
fn graph(body: &str, expected: Expect) {
    let body = tokens(body);
    items(
        pipeline::task_graph(tokens("data = false"), quote!(fn f() { #body })),
        expected,
    );
}

/// The expansion of `#[spawn(args)]` on a function, in a function.
fn spawn(args: &str, item: &str, expected: Expect) {
    let statements = pipeline::spawn(tokens(args), tokens(item));
    items(quote!(fn f() { #statements }), expected);
}

/// The statements that make the builder, of `#[spawn(args)] fn a() {}`.
fn builder(args: &str, expected: Expect) {
    let statements = pipeline::spawn(tokens(args), tokens("fn a() {}"));
    let printed = print(quote!(fn f() { #statements }));
    let mut lines = printed
        .lines()
        .skip_while(|line| !line.contains(" builder_ = "));
    let end = lines
        .clone()
        .position(|line| line.starts_with("        let body_"));
    let end = end.expect("a body behind the builder");
    let lines: Vec<_> = lines
        .by_ref()
        .take(end)
        .map(|line| line.get(8..).unwrap_or(""))
        .collect();
    expected.assert_eq(&(lines.join("\n").replace("::parla::__private::", "P::") + "\n"));
}

fn items(tokens: TokenStream, expected: Expect) {
    expected.assert_eq(&print(tokens).replace("::parla::__private::", "P::"));
}

fn print(tokens: TokenStream) -> String {
    let text = tokens.to_string();
    let file = syn::parse2(tokens).unwrap_or_else(|error| panic!("{error} in {text}"));
    prettyplease::unparse(&file)
}
