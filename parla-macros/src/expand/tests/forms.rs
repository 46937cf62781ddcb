//! The forms of a spawn.

use expect_test::expect;

use super::{graph, spawn};

#[test]
fn nested_function() {
    spawn(
        "t[i], deps = [t[i - 1]]",
        "fn step() -> f64 { work(i) }",
        expect![[r#"
            fn f() {
                let step = {
                    let mut builder_ = t.task([P::index(i)]);
                    {
                        let sink_ = &mut builder_.__parla_deps();
                        P::SelectTasks::select(
                            &t,
                            &[P::Dim::at(P::index(i) - 1i64)],
                            sink_,
                        );
                    }
                    let body_ = move || -> f64 { work(i) };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &step;
            }
        "#]],
    );
}

#[test]
fn nested_async_function() {
    spawn(
        "t[i]",
        "async fn step() { wait().await; }",
        expect![[r#"
            fn f() {
                let step = {
                    let builder_ = t.task([P::index(i)]);
                    let body_ = async move {
                        (async move || -> () {
                            wait().await;
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
                let _ = &step;
            }
        "#]],
    );
}

#[test]
fn attributes_of_a_function_move_to_its_handle() {
    spawn(
        "",
        "/// Says hello.\n#[cfg(unix)] #[allow(clippy::all)] fn hello() { #![allow(unused)] }",
        expect![[r#"
            fn f() {
                #[cfg(unix)]
                #[allow(clippy::all)]
                #[allow(unused)]
                let hello = {
                    let builder_ = P::anonymous();
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
                #[cfg(unix)]
                let _ = &hello;
            }
        "#]],
    );
}

#[test]
fn a_function_inside_a_spawned_function() {
    graph(
        "#[spawn(t[0])] fn outer() { #[spawn(t[1])] fn inner() {} #[parla::spawn] || 1; }",
        expect![[r#"
            fn f() {
                let outer = {
                    use spawn as _;
                    let builder_ = t.task([0i64]);
                    let body_ = move || -> () {
                        let inner = {
                            use spawn as _;
                            let builder_ = t.task([1i64]);
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
                        let _ = &inner;
                        let _ = {
                            use parla::spawn as _;
                            let builder_ = P::anonymous();
                            let body_ = || 1;
                            {
                                use P::DetectFallible as _;
                                use P::DetectPlain as _;
                                (&P::Probe::of(&body_))
                                    .__parla_detect()
                                    .of(builder_)
                                    .spawn(body_)
                            }
                        };
                    };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = &outer;
            }
        "#]],
    );
}

#[test]
fn closure_statement() {
    graph(
        "#[spawn(t[i])] move || println!(\"{i}\");",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let builder_ = t.task([P::index(i)]);
                    let body_ = move || println!("{i}");
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn closure_expression() {
    graph(
        "let h = #[spawn] || -> u32 { 1 }; for i in 0..n { all.push(#[spawn(t[i])] move || i); }",
        expect![[r#"
            fn f() {
                let h = {
                    use spawn as _;
                    let builder_ = P::anonymous();
                    let body_ = || -> u32 { 1 };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                for i in 0..n {
                    all.push({
                        use spawn as _;
                        let builder_ = t.task([P::index(i)]);
                        let body_ = move || i;
                        {
                            use P::DetectFallible as _;
                            use P::DetectPlain as _;
                            (&P::Probe::of(&body_))
                                .__parla_detect()
                                .of(builder_)
                                .spawn(body_)
                        }
                    });
                }
            }
        "#]],
    );
}

#[test]
fn closure_that_can_only_diverge() {
    graph(
        "#[spawn] move || panic!(\"no\");",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let builder_ = P::anonymous();
                    let body_ = move || -> () { panic!("no") };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn async_closure() {
    graph(
        "#[spawn] async move || { a.await };",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let builder_ = P::anonymous();
                    let body_ = async move { (async move || { a.await })().await };
                    {
                        use P::DetectFallibleFuture as _;
                        use P::DetectPlainFuture as _;
                        (&P::FutureProbe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn async_block() {
    graph(
        "let h = #[spawn(t[0])] async { a.await }; #[spawn] async move { todo!() };",
        expect![[r#"
            fn f() {
                let h = {
                    use spawn as _;
                    let builder_ = t.task([0i64]);
                    let body_ = async { a.await };
                    {
                        use P::DetectFallibleFuture as _;
                        use P::DetectPlainFuture as _;
                        (&P::FutureProbe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
                let _ = {
                    use spawn as _;
                    let builder_ = P::anonymous();
                    let body_ = async move { (async move || -> () { todo!() })().await };
                    {
                        use P::DetectFallibleFuture as _;
                        use P::DetectPlainFuture as _;
                        (&P::FutureProbe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn call_of_a_task_function() {
    graph(
        "#[spawn(t[2], input = [a, b = t.x])] math::axpy::<f64>(2.0, a, &mut y, max(*b, z));",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let mut builder_ = t
                        .task([2i64])
                        .__parla_bodies(P::task_bodies!(math::axpy));
                    let access_0_ = P::AsInput::declare_input(&a, &mut builder_);
                    let access_1_ = P::AsInput::declare_input(&t.x, &mut builder_);
                    let argument_0_ = 2.0;
                    let argument_2_ = &mut y;
                    let body_ = move || {
                        P::used_on_host::<
                            { P::has_gpu_body!(math::axpy) },
                            _,
                        >(&access_1_);
                        let b = access_1_.get();
                        P::try_call_task_function!(
                            math::axpy, (argument_0_, access_0_.__parla_argument(), argument_2_,
                            max(* b, z),), | (argument_0_, _, argument_2_, argument_3_,) | { let mut
                            argument_1_ = access_0_.__parla_view("a");
                            ::core::result::Result::Ok(math::axpy:: < f64 > (argument_0_, argument_1_
                            .__parla_pass() ?, argument_2_, argument_3_)) }
                        )
                    };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn awaited_call_of_a_task_function() {
    graph(
        "#[spawn] fetch(url).await;",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let builder_ = P::anonymous()
                        .__parla_bodies(P::task_bodies!(fetch));
                    let argument_0_ = url;
                    let body_ = async move { fetch(argument_0_).await };
                    {
                        use P::DetectFallibleFuture as _;
                        use P::DetectPlainFuture as _;
                        (&P::FutureProbe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn closure_without_move_takes_its_inputs_by_value() {
    graph(
        "#[spawn(input = [a], clone = [b])] || *a + b;",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let mut builder_ = P::anonymous();
                    let b = b.clone();
                    let access_0_ = P::AsInput::declare_input(&a, &mut builder_);
                    builder_.__parla_on_host();
                    let a = access_0_;
                    let body_ = || {
                        let b = b;
                        let a = a;
                        let a = a.get();
                        *a + b
                    };
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder_)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}

#[test]
fn depth_does_not_matter() {
    graph(
        "parla::scope(|s| { let t = s.task_space(\"T\"); if x { match y { _ => #[spawn(t[0])] || 1, }; } });
         vec![#[spawn] || 1];",
        expect![[r#"
            fn f() {
                parla::scope(|s| {
                    let t = s.task_space("T");
                    if x {
                        match y {
                            _ => {
                                use spawn as _;
                                let builder_ = t.task([0i64]);
                                let body_ = || 1;
                                {
                                    use P::DetectFallible as _;
                                    use P::DetectPlain as _;
                                    (&P::Probe::of(&body_))
                                        .__parla_detect()
                                        .of(builder_)
                                        .spawn(body_)
                                }
                            }
                        };
                    }
                });
                vec![#[spawn] || 1];
            }
        "#]],
    );
}
