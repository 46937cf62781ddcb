//! P0010 of spawns.

use expect_test::expect;

use super::{graph, spawn};

#[test]
fn function_form() {
    spawn(
        "t[0]",
        "fn a(x: i32) {}",
        expect![[r#"
            - P0010: a spawned function has no parameters

              = help: use the variables around it in its body: it captures them
              = help: the only one there can be is the task's GPU: `gpu: &Gpu`
        "#]],
    );
    spawn(
        "t[0]",
        "fn a<T>() -> T where T: Copy {}",
        expect![[r#"
        - P0010: a spawned function can't be generic

          = help: make the function around it generic, and use its parameters
    "#]],
    );
    spawn(
        "t[0]",
        "const unsafe extern \"C\" fn a() {}",
        expect![[r#"
            - P0010: a spawned function can't be `const`

              = help: leave `const` out; the body may call such functions
            - P0010: a spawned function can't be `unsafe`

              = help: leave `unsafe` out; the body may call such functions
            - P0010: a spawned function can't be `extern`

              = help: leave `extern` out; the body may call such functions
        "#]],
    );
    spawn(
        "t[0]",
        "#[inline] #[allow(dead_code)] fn a() {}",
        expect![[r#"
            - P0010: `inline` has no meaning on a spawned function

              = help: remove it, or put it on an ordinary function that the body calls
        "#]],
    );
    spawn(
        "t[0]",
        "struct A;",
        expect![[r#"
        - P0010: `#[spawn]` stands on a function
    "#]],
    );
}

#[test]
fn closure_form() {
    graph(
        "fn f() { #[spawn] |x: i32| x; }",
        expect![[r#"
            - P0010: a spawned closure has no parameters

              = help: use the variables around it, or read results with `input = [task]`
              = help: the only one there can be is the task's GPU: `gpu: &Gpu`
        "#]],
    );
}

#[test]
fn await_in_sync() {
    spawn(
        "t[0]",
        "fn a() { b.await; async { c.await }; }",
        expect![[r#"
            - P0010: `await` in a body that is not async

              = help: write `async fn`
        "#]],
    );
    graph(
        "fn f() { #[spawn] || b.await; }",
        expect![[r#"
        - P0010: `await` in a body that is not async

          = help: write `async move || …`
    "#]],
    );
}

#[test]
fn only_functions_are_spawned_outside_graph_functions() {
    for item in ["move || x + 1;", "async move { x }", "run(x)"] {
        spawn(
            "t[0]",
            item,
            expect![[r#"
                - P0010: only a nested function can be spawned here

                  = help: put `#[parla::main]`, `#[parla::test]` or `#[task_graph]` on the function around it
            "#]],
        );
    }
}

#[test]
fn spawn_stands_on_something_that_runs() {
    graph(
        "fn f() { #[spawn] let x = 3; #[spawn] struct X; #[spawn] x.run(); #[spawn] for _ in x {} }",
        expect![[r#"
            - P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call

              = help: move it behind the `=`, `let task = #[spawn(…)] move || …`
            - P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call

              = help: spawn a closure, `#[spawn(…)] move || …`
            - P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call

              = help: spawn a closure, `#[spawn(…)] move || …`
            - P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call

              = help: spawn a closure, `#[spawn(…)] move || …`
        "#]],
    );
    graph(
        "fn f() { #[spawn = t[0]] || 1; #[spawn] #[spawn(t[0])] || 1; }",
        expect![[r#"
            - P0010: the arguments of `spawn` stand in parentheses

              = help: write `#[spawn(space[index])]`
            - P0007: `spawn` is given twice
            - P0007: `spawn` is first given here
        "#]],
    );
    graph(
        "fn f() { fn g() { #[spawn] || 1; } #[task_graph] fn h() { #[spawn] || 1; } }",
        expect![[r#"
            - P0010: only a nested function can be spawned here

              = help: put `#[task_graph]` on the function around it
        "#]],
    );
}

#[test]
fn a_typo_in_a_body_is_left_to_the_compiler() {
    graph("fn f() { let x = ; }", expect![[r#""#]]);
    spawn("t[0]", "fn a() { let x = ; }", expect![[r#""#]]);
}
