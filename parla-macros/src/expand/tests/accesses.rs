//! Data that bodies and calls declare to use.

use expect_test::expect;

use super::{graph, spawn};

#[test]
fn regions_are_selected_before_a_name_is_shadowed() {
    spawn(
        "t[0], input = [x, part = x[i - 1, 0..=n; 2]], inout = [y = self.y]",
        "fn a() { y += &part; }",
        expect![[r#"
            fn f() {
                let a = {
                    let mut builder_ = t.task([0i64]);
                    let access_0_ = P::AsInput::declare_input(&x, &mut builder_);
                    let access_1_ = P::AsInput::declare_input(
                        &P::SelectRegion::select_region(
                            &x,
                            &[
                                P::Dim::at(P::index(i) - 1i64),
                                P::Dim::range(
                                    ::core::option::Option::Some(0i64),
                                    ::core::option::Option::Some(
                                        (P::index(n)).saturating_add(1),
                                    ),
                                    2i64,
                                ),
                            ],
                            &mut builder_,
                        ),
                        &mut builder_,
                    );
                    let access_2_ = P::AsInout::declare_inout(
                        &self.y,
                        &mut builder_,
                    );
                    builder_.__parla_on_host();
                    let x = access_0_;
                    let part = access_1_;
                    let y = access_2_;
                    let body_ = move || -> () {
                        let x = x.get();
                        let part = part.get();
                        let mut y = y;
                        #[allow(unused_mut)]
                        let mut y = y.get_mut();
                        y += &part;
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
                let _ = &a;
            }
        "#]],
    );
}

#[test]
fn a_gpu_body_sees_its_gpu() {
    spawn(
        "placement = gpu, input = [x], commute = [y]",
        "fn a(gpu: &Gpu) { add(gpu, x, y) }",
        expect![[r#"
            fn f() {
                let a = {
                    let mut builder_ = P::anonymous()
                        .placement(P::Placement::gpu());
                    let access_0_ = P::AsInput::declare_input(&x, &mut builder_);
                    let access_1_ = P::AsInout::declare_commute(&y, &mut builder_);
                    let x = access_0_;
                    let y = access_1_;
                    let body_ = move || -> () {
                        let gpu_ = P::current_gpu();
                        let gpu: &Gpu = &gpu_;
                        let x = P::OnGpu::on_gpu(&x, &gpu_);
                        let mut y = y;
                        #[allow(unused_mut)]
                        let mut y = P::OnGpuMut::on_gpu_mut(&mut y, &gpu_);
                        add(gpu, x, y)
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
                let _ = &a;
            }
        "#]],
    );
}

#[test]
fn a_closure_without_move_takes_accesses_by_value() {
    graph(
        "#[spawn(output = [x])] || x.fill(0.0);",
        expect![[r#"
        fn f() {
            let _ = {
                use spawn as _;
                let mut builder_ = P::anonymous();
                let access_0_ = P::AsOutput::declare_output(&x, &mut builder_);
                builder_.__parla_on_host();
                let x = access_0_;
                let body_ = || {
                    let x = x;
                    let mut x = x;
                    #[allow(unused_mut)]
                    let mut x = x.get_mut();
                    x.fill(0.0)
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
fn a_call_passes_accesses_and_evaluates_what_uses_them() {
    graph(
        "#[spawn(input = [x], inout = [y])] axpy(a(), &x, &mut y, x.len());",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let mut builder_ = P::anonymous()
                        .__parla_bodies(P::task_bodies!(axpy));
                    let access_0_ = P::AsInput::declare_input(&x, &mut builder_);
                    let access_1_ = P::AsInout::declare_inout(&y, &mut builder_);
                    let argument_0_ = a();
                    let body_ = move || {
                        P::used_on_host::<
                            { P::has_gpu_body!(axpy) },
                            _,
                        >(&access_0_);
                        let x = access_0_.get();
                        let mut access_1_ = access_1_;
                        P::try_call_task_function!(
                            axpy, (argument_0_, access_0_.__parla_argument(), access_1_
                            .__parla_argument(), x.len(),), | (argument_0_, _, argument_2_,
                            argument_3_,) | { let mut argument_1_ = access_0_.__parla_view("x"); let
                            mut argument_2_ = argument_2_.0.__parla_view("y");
                            ::core::result::Result::Ok(axpy(argument_0_, argument_1_.__parla_pass()
                            ?, argument_2_.__parla_pass() ?, argument_3_)) }
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
fn an_awaited_call_runs_on_the_host() {
    graph(
        "#[spawn(input = [x], reduce = [y])] later(x, y.len(), y).await;",
        expect![[r#"
            fn f() {
                let _ = {
                    use spawn as _;
                    let mut builder_ = P::anonymous()
                        .__parla_bodies(P::task_bodies!(later));
                    let access_0_ = P::AsInput::declare_input(&x, &mut builder_);
                    let access_1_ = P::AsReduction::declare_reduce(
                        &y,
                        &mut builder_,
                    );
                    builder_.__parla_on_host();
                    let body_ = async move {
                        let mut access_1_ = access_1_;
                        P::used_on_host::<{ false }, _>(&access_1_);
                        #[allow(unused_mut)]
                        let mut y = access_1_.get_mut();
                        let argument_1_ = y.len();
                        let mut argument_0_ = access_0_.__parla_view("x");
                        let mut argument_2_ = access_1_.__parla_view("y");
                        P::returned!(
                            ::core::result::Result:: < _, P::BodyError >
                            ::Ok(later(argument_0_.__parla_pass() ?, argument_1_, argument_2_
                            .__parla_pass() ?). await)
                        )
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
            }
        "#]],
    );
}
