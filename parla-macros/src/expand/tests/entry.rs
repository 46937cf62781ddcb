//! Entry points, task functions and variants.

use expect_test::{Expect, expect};

use super::{items, print, tokens};
use crate::pipeline;

#[test]
fn main_functions() {
    let main =
        |args, item, expected: Expect| items(pipeline::main(tokens(args), tokens(item)), expected);
    main(
        "",
        "fn main() { run(); }",
        expect![[r#"
            fn main() -> <() as P::MainOutput>::Exit {
                P::run_main_blocking(
                    P::runtime_builder(
                        P::gpus(
                            ::core::option::Option::None,
                            ::core::option::Option::None,
                        ),
                    ),
                    move || -> () {
                        run();
                    },
                )
            }
        "#]],
    );
    main(
        "workers = 2, seed = s(), pin_workers = true",
        "async fn main() -> parla::Result<()> { run().await }",
        expect![[r#"
            fn main() -> <parla::Result<()> as P::MainOutput>::Exit {
                P::run_main(
                    P::runtime_builder(
                            P::gpus(
                                ::core::option::Option::None,
                                ::core::option::Option::None,
                            ),
                        )
                        .workers(2)
                        .seed(s())
                        .pin_workers(true),
                    async move { (async move || -> parla::Result<()> { run().await })().await },
                )
            }
        "#]],
    );
    main(
        "crate = other::parla",
        "fn main() { #[spawn] fn a() {} }",
        expect![[r#"
            fn main() -> <() as otherP::MainOutput>::Exit {
                otherP::run_main_blocking(
                    otherP::runtime_builder(
                        otherP::gpus(
                            ::core::option::Option::None,
                            ::core::option::Option::None,
                        ),
                    ),
                    move || -> () {
                        let a = {
                            use spawn as _;
                            let builder_ = otherP::anonymous();
                            let body_ = move || -> () {};
                            {
                                use otherP::DetectFallible as _;
                                use otherP::DetectPlain as _;
                                (&otherP::Probe::of(&body_))
                                    .__parla_detect()
                                    .of(builder_)
                                    .spawn(body_)
                            }
                        };
                        let _ = &a;
                    },
                )
            }
        "#]],
    );
}

#[test]
fn tests() {
    let test =
        |args, item, expected: Expect| items(pipeline::test(tokens(args), tokens(item)), expected);
    test(
        "workers = 1",
        "/// Adds.\n#[ignore] async fn adds() -> parla::Result<()> { Ok(()) }",
        expect![[r#"
            #[::core::prelude::v1::test]
            /// Adds.
            #[ignore]
            fn adds() -> <parla::Result<()> as P::TestOutput>::Exit {
                P::run_test(
                    P::runtime_builder(
                            P::gpus(
                                ::core::option::Option::None,
                                ::core::option::Option::None,
                            ),
                        )
                        .workers(1),
                    async move { (async move || -> parla::Result<()> { Ok(()) })().await },
                )
            }
        "#]],
    );
    test(
        "",
        "#[should_panic] fn fails() { panic!() }",
        expect![[r#"
            #[::core::prelude::v1::test]
            #[should_panic]
            fn fails() {
                P::run_test_blocking(
                    P::runtime_builder(
                        P::gpus(
                            ::core::option::Option::None,
                            ::core::option::Option::None,
                        ),
                    ),
                    move || -> () { panic!() },
                )
            }
        "#]],
    );
}

#[test]
fn task_graphs() {
    let graph =
        |item, expected: Expect| items(pipeline::task_graph(tokens(""), tokens(item)), expected);
    graph(
        "/// Doc.\npub(crate) async fn f<T: Copy>(x: T) -> T where T: Send { x }",
        expect![[r#"
            /// Doc.
            pub(crate) async fn f<T: Copy>(x: T) -> T
            where
                T: Send,
            {
                x
            }
        "#]],
    );
}

#[test]
fn a_graph_that_is_known_stands_beside_its_function() {
    let graph = |args, item, expected: Expect| {
        items(pipeline::task_graph(tokens(args), tokens(item)), expected);
    };
    let known = "#[cfg(unix)] pub fn f() { let t = TaskSpace::new(\"T\"); t.task(0).spawn(|| ()); \
                 for i in 1..200 { t.task(i).deps([t.task(i - 1), t.task(0)]).spawn(|| ()); } \
                 for i in 200..300 { t.task(i).spawn(|| ()); } t.task(300).deps(t.task(290)).spawn(|| ()); }";
    let shown = print(pipeline::task_graph(tokens(""), tokens(known)));
    assert!(shown.contains("T[299]\\nT[300]\\n"), "{shown}");
    let small = "#[cfg(unix)] pub fn f() { let t = TaskSpace::new(\"T\"); \
                 t.task(0).spawn(|| ()); t.task(1).deps(t.task(0)).spawn(|| ()); }";
    graph(
        "",
        small,
        expect![[r##"
        #[cfg(unix)]
        pub fn f() {
            let t = TaskSpace::new("T");
            t.task(0).spawn(|| ());
            t.task(1).deps(t.task(0)).spawn(|| ());
        }
        #[cfg(unix)]
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        pub enum f {}
        #[cfg(unix)]
        #[allow(dead_code)]
        impl f {
            #[doc(hidden)]
            pub fn graph() -> P::TaskGraph {
                let _ = f;
                P::known_graph("T[0]\nT[1]\n", b"\0\x01\0")
            }
        }
    "##]],
    );
    for (args, item) in [
        ("data = false", small.to_owned()),
        ("check = false", small.to_owned()),
        ("", small.replace("f()", "f(&self)")),
        ("", small.replace("f()", "f() -> Option<Self>")),
        ("", small.replace("T\");", "T\"); others(&t);")),
        (
            "",
            small.replace("t.task(1)", "if x() { return; } t.task(1)"),
        ),
        (
            "",
            small
                .replace("T\");", "T\"); let n = x();")
                .replace("task(1)", "task(n)"),
        ),
        ("", small.replace("pub fn", "#[task] pub fn")),
        ("", "fn f() {}".to_owned()),
    ] {
        let shown = print(pipeline::task_graph(tokens(args), tokens(&item)));
        assert!(!shown.contains("fn graph"), "{shown}");
    }
}

#[test]
fn a_prebuilt_graph_is_built_beside_its_function() {
    let graph = |item, expected: Expect| {
        items(
            pipeline::task_graph(tokens("prebuilt, data = false"), tokens(item)),
            expected,
        );
    };
    graph(
        "pub fn f(row: &[Cell]) -> parla::Result<()> { let t = TaskSpace::new(\"T\"); \
         #[spawn(t[0])] fn first() { row[0].set(1) } #[spawn(deps = [first])] || {}; \
         #[spawn(t[1])] kernel(row, 2); Ok(()) }",
        expect![[r#"
            pub fn f(row: &[Cell]) -> parla::Result<()> {
                P::run_prebuilt(f::prebuilt(), row)
            }
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code)]
            pub enum f {}
            #[allow(dead_code)]
            impl f {
                #[doc(hidden)]
                pub fn prebuilt() -> P::Result<
                    &'static P::Graph<[Cell]>,
                > {
                    static GRAPH: P::GraphCell<[Cell]> = P::GraphCell::new();
                    P::prebuild(
                        &GRAPH,
                        |graph_: &P::GraphBuilder<[Cell]>| -> parla::Result<()> {
                            let t = graph_.task_space("T");
                            let first = {
                                use spawn as _;
                                let builder_ = t.task([0i64]);
                                let body_ = move |#[allow(unused_variables)] row: &[Cell]| -> () {
                                    row[0].set(1)
                                };
                                builder_.spawn(body_)
                            };
                            let _ = &first;
                            let _ = {
                                use spawn as _;
                                let mut builder_ = graph_.task();
                                {
                                    let sink_ = &mut builder_.__parla_deps();
                                    P::TaskSetRef::add_ref(&first, sink_);
                                }
                                let body_ = || {};
                                builder_.spawn(body_)
                            };
                            let _ = {
                                use spawn as _;
                                let builder_ = t
                                    .task([1i64])
                                    .__parla_bodies(P::task_bodies!(kernel));
                                let argument_1_ = 2;
                                let body_ = move |#[allow(unused_variables)] row: &[Cell]| kernel(
                                    row,
                                    argument_1_,
                                );
                                builder_.spawn(body_)
                            };
                            Ok(())
                        },
                    )
                }
            }
        "#]],
    );
}

#[test]
fn task_functions() {
    let task = |item, expected: Expect| items(pipeline::task(tokens(""), tokens(item)), expected);
    task(
        "/// Doc.\n#[inline] pub(crate) fn axpy<T>(a: T, x: &[T]) { body() }",
        expect![[r#"
            /// Doc.
            #[inline]
            pub(crate) fn axpy<T>(a: T, x: &[T]) {
                body()
            }
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            pub(crate) enum axpy {}
            impl P::TaskFunction for axpy {
                const NAME: &'static str = "axpy";
            }
        "#]],
    );
    task(
        "#[task_graph] #[parla::task_graph(check = false)] fn both() {}",
        expect![[r##"
            #[task_graph(data = false)]
            #[parla::task_graph(data = false, check = false)]
            fn both() {}
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            enum both {}
            impl P::TaskFunction for both {
                const NAME: &'static str = "both";
            }
        "##]],
    );
    task(
        "fn r#try() {}",
        expect![[r#"
        fn r#try() {}
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        enum r#try {}
        impl P::TaskFunction for r#try {
            const NAME: &'static str = "try";
        }
    "#]],
    );
}

#[test]
fn variants() {
    let variant = |args, item, expected: Expect| {
        items(pipeline::variant(tokens(args), tokens(item)), expected);
    };
    variant(
        "math::axpy, gpu",
        "fn axpy_gpu(gpu: &Gpu) { body() }",
        expect![[r##"
            #[allow(dead_code)]
            fn axpy_gpu(gpu: &Gpu) {
                body()
            }
            impl P::Variant<P::Gpu> for math::axpy {
                const NAME: &'static str = "axpy_gpu";
            }
            #[automatically_derived]
            impl P::GpuBody<()> for math::axpy {
                type Output = ();
                fn run((): ()) -> Self::Output {
                    axpy_gpu(&P::current_gpu())
                }
            }
        "##]],
    );
}
