//! What remains of an item with mistakes: something that type checks, so that they are the only
//! errors.

use expect_test::expect;

use super::{graph, items, spawn, tokens};
use crate::pipeline;

#[test]
fn a_broken_target_leaves_an_anonymous_task() {
    spawn(
        "t[0..3], vcus = 7, memory = \"much\", placement = with(t[..]), deps = [t[0; 2], a]",
        "fn a() {}",
        expect![[r#"
            fn f() {
                let a = {
                    let mut builder_ = P::anonymous();
                    {
                        let sink_ = &mut builder_.__parla_deps();
                        P::TaskSetRef::add_ref(&a, sink_);
                    }
                    let body_ = move || -> () {};
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &a;
                ::core::compile_error! {
                    "P0004: a slice of `t`, where the target of a spawn is one task\n\n  = help: spawn in a loop, one task for each index"
                }
                ::core::compile_error! {
                    "P0004: a step without a slice\n\n  = help: write `a..b; step`"
                }
                ::core::compile_error! {
                    "P0004: a slice of `t`, where `with` takes one task\n\n  = help: write an index, such as `with(t[0])`"
                }
                ::core::compile_error! {
                    "P0006: `vcus` is the share of one device, from 0 to 1, not `7`\n\n  = help: a share is part of one device; for several, write `placement = gpu * 2`"
                }
                ::core::compile_error! {
                    "P0006: `\"much\"` is not a size\n\n  = help: write a number of bytes, or a text such as `\"2 GiB\"` (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)"
                }
            }
        "#]],
    );
}

#[test]
fn a_function_with_parameters_keeps_its_result() {
    spawn(
        "t[0]",
        "fn a(x: i32) -> i32 { x }",
        expect![[r#"
            fn f() {
                let a = {
                    let builder_ = t.task([0i64]);
                    let body_ = move || -> i32 { ::core::unreachable!() };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &a;
                ::core::compile_error! {
                    "P0010: a spawned function has no parameters\n\n  = help: use the variables around it in its body: it captures them\n  = help: the only one there can be is the task's GPU: `gpu: &Gpu`"
                }
            }
        "#]],
    );
    spawn(
        "t[0]",
        "fn a<T: Default>() -> T { T::default() }",
        expect![[r#"
            fn f() {
                let a = {
                    let builder_ = t.task([0i64]);
                    let body_ = move || -> () { ::core::unreachable!() };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &a;
                ::core::compile_error! {
                    "P0010: a spawned function can't be generic\n\n  = help: make the function around it generic, and use its parameters"
                }
            }
        "#]],
    );
}

#[test]
fn a_body_that_awaits_is_treated_as_async() {
    spawn(
        "t[0]",
        "fn a() { b.await; }",
        expect![[r#"
            fn f() {
                let a = {
                    let builder_ = t.task([0i64]);
                    let body_ = async move {
                        (async move || -> () {
                            b.await;
                        })()
                            .await
                    };
                    {
                        use P::DetectFallibleFuture as _;
                        use P::DetectPlainFuture as _;
                        (&P::FutureProbe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &a;
                ::core::compile_error! {
                    "P0010: `await` in a body that is not async\n\n  = help: write `async fn`"
                }
            }
        "#]],
    );
}

#[test]
fn what_cannot_be_spawned_stays() {
    graph(
        "#[spawn] let x = 3; #[spawn] x.run();",
        expect![[r##"
            #[allow(unused_variables, unused_mut)]
            fn f() {
                let x = 3;
                x.run();
            }
            ::core::compile_error! {
                "P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call\n\n  = help: move it behind the `=`, `let task = #[spawn(…)] move || …`"
            }
            ::core::compile_error! {
                "P0010: `#[spawn]` stands on a nested function, a closure, an async block or a call\n\n  = help: spawn a closure, `#[spawn(…)] move || …`"
            }
        "##]],
    );
}

#[test]
fn a_main_with_parameters_still_is_one() {
    items(
        pipeline::main(tokens(""), tokens("fn main(args: Args) { run(args) }")),
        expect![[r##"
            #[allow(unused_variables, unused_mut)]
            fn main() {
                #[allow(dead_code)]
                fn main_(args: Args) {
                    run(args)
                }
            }
            ::core::compile_error! {
                "P0010: a function under `#[parla::main]` has no parameters\n\n  = help: leave them out"
            }
        "##]],
    );
}

#[test]
fn an_item_that_is_no_function_stays() {
    items(
        pipeline::task_graph(tokens(""), tokens("struct A;")),
        expect![[r#"
            struct A;
            ::core::compile_error! {
                "P0010: `#[task_graph]` stands on a function"
            }
        "#]],
    );
    items(
        pipeline::variant(tokens("f, tpu"), tokens("fn g() {}")),
        expect![[r#"
            fn g() {}
            ::core::compile_error! {
                "P0007: unknown device `tpu`\n\n  = help: did you mean `cpu`?"
            }
        "#]],
    );
}
