//! P0010 of entry points, task functions and variants.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;

use super::{messages, tokens};
use crate::pipeline;

#[test]
fn entry_form() {
    let main = |item, expected: Expect| {
        expected.assert_eq(&messages(pipeline::main(TokenStream::new(), tokens(item))));
    };
    main(
        "async fn main(args: Vec<String>) {}",
        expect![[r#"
        - P0010: a function under `#[parla::main]` has no parameters

          = help: leave them out
    "#]],
    );
    main(
        "fn start() {}",
        expect![[r#"
        - P0010: `#[parla::main]` stands on `main`, not on `start`

          = help: on other functions that spawn tasks, write `#[task_graph]`
    "#]],
    );
    main(
        "unsafe fn main<T>() -> impl Termination {}",
        expect![[r#"
            - P0010: a function under `#[parla::main]` can't be generic

              = help: leave the parameters out
            - P0010: a function under `#[parla::main]` can't be `unsafe`

              = help: leave `unsafe` out
            - P0010: a function under `#[parla::main]` names the type of its result

              = help: write `()`, or `parla::Result<()>`
        "#]],
    );
    main(
        "static MAIN: u32 = 0;",
        expect![[r#"
        - P0010: `#[parla::main]` stands on a function
    "#]],
    );
    let test = pipeline::test(TokenStream::new(), tokens("fn t(x: i32) {}"));
    expect![[r#"
        - P0010: a function under `#[parla::test]` has no parameters

          = help: leave them out
    "#]]
    .assert_eq(&messages(test));
}

#[test]
fn task_is_no_method() {
    let task = pipeline::task(TokenStream::new(), tokens("fn f(&mut self, x: i32) {}"));
    expect![[r#"
        - P0010: `#[task]` stands on a method

          = help: move the body to a free function, and call that from the method
    "#]]
    .assert_eq(&messages(task));
}

#[test]
fn variant_form() {
    let variant = |args, expected: Expect| {
        expected.assert_eq(&messages(pipeline::variant(
            tokens(args),
            tokens("fn f() {}"),
        )));
    };
    variant(
        "g, cpu",
        expect![[r#"
        - P0010: a variant for the CPU

          = help: `g` itself is the body for the CPU; a variant is for `gpu`
    "#]],
    );
    variant(
        "g, gpuu",
        expect![[r#"
        - P0007: unknown device `gpuu`

          = help: did you mean `gpu`?
    "#]],
    );
    variant(
        "g",
        expect![[r#"
            - P0010: a variant names a task function and a kind of device

              = help: write `#[variant(g, gpu)]`
        "#]],
    );
    variant(
        "3, 4",
        expect![[r#"
        - P0010: expected the name of a task function

          = help: write `#[variant(function, gpu)]`
        - P0007: expected a kind of device

          = help: the only one is `gpu`
    "#]],
    );
    variant(
        "g, gpu, device = 3",
        expect![[r#"
        - P0007: unknown option `device`

          = help: the only option is `crate`
    "#]],
    );
}
