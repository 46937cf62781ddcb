//! The clauses of a spawn.

use expect_test::expect;

use super::{builder, graph, spawn};

#[test]
fn without_target() {
    builder(
        "",
        expect![[r#"
        let builder_ = P::anonymous();
    "#]],
    );
}

#[test]
fn target_indices_are_computed_in_i64() {
    builder(
        "self.t[i - 1, -(2 * j + x.len()) % 4, k as usize]",
        expect![[r#"
            let builder_ = self
                .t
                .task([
                    P::index(i) - 1i64,
                    -(2i64 * P::index(j)
                        + P::index(x.len())) % 4i64,
                    P::index(k as usize),
                ]);
        "#]],
    );
}

#[test]
fn deps() {
    builder(
        "deps = [a, self.b, &c, make(), (0..n).map(|i| h[i].clone()), t[i - 1], &handles[i], [t[0..n], [t[.., j]]], t[a..=b; 2]]",
        expect![[r#"
            let mut builder_ = P::anonymous();
            {
                let sink_ = &mut builder_.__parla_deps();
                P::TaskSetRef::add_ref(&a, sink_);
                P::TaskSetRef::add_ref(&self.b, sink_);
                P::TaskSet::add_to(&c, sink_);
                P::TaskSet::add_to(make(), sink_);
                P::TaskSet::add_to((0..n).map(|i| h[i].clone()), sink_);
                P::SelectTasks::select(
                    &t,
                    &[P::Dim::at(P::index(i) - 1i64)],
                    sink_,
                );
                P::SelectTasks::select(
                    &(&handles),
                    &[P::Dim::at(P::index(i))],
                    sink_,
                );
                P::SelectTasks::select(
                    &t,
                    &[
                        P::Dim::range(
                            ::core::option::Option::Some(0i64),
                            ::core::option::Option::Some(P::index(n)),
                            1i64,
                        ),
                    ],
                    sink_,
                );
                P::SelectTasks::select(
                    &t,
                    &[
                        P::Dim::range(
                            ::core::option::Option::None,
                            ::core::option::Option::None,
                            1i64,
                        ),
                        P::Dim::at(P::index(j)),
                    ],
                    sink_,
                );
                P::SelectTasks::select(
                    &t,
                    &[
                        P::Dim::range(
                            ::core::option::Option::Some(P::index(a)),
                            ::core::option::Option::Some(
                                (P::index(b)).saturating_add(1),
                            ),
                            2i64,
                        ),
                    ],
                    sink_,
                );
            }
        "#]],
    );
}

#[test]
fn deps_without_brackets() {
    builder(
        "deps = before",
        expect![[r#"
            let mut builder_ = P::anonymous();
            {
                let sink_ = &mut builder_.__parla_deps();
                P::TaskSetRef::add_ref(&before, sink_);
            }
        "#]],
    );
    builder(
        "deps = []",
        expect![[r#"
        let builder_ = P::anonymous();
    "#]],
    );
}

#[test]
fn placements() {
    builder(
        "placement = cpu",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::cpu());
    "#]],
    );
    builder(
        "placement = gpu(i % 2)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(
                P::Placement::gpu_at(
                    P::index(i) % 2i64,
                ),
            );
    "#]],
    );
    builder(
        "placement = any",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::any());
    "#]],
    );
    builder(
        "placement = [cpu, [gpu, here]]",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(
                P::Placement::alternatives([
                    P::Placement::cpu(),
                    P::Placement::gpu(),
                    P::Placement::from(here),
                ]),
            );
    "#]],
    );
    builder(
        "placement = (gpu, gpu)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(
                P::Placement::set([
                    P::Placement::gpu(),
                    P::Placement::gpu(),
                ]),
            );
    "#]],
    );
    builder(
        "placement = (gpu)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::gpu());
    "#]],
    );
    builder(
        "placement = gpu * (n + 1)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::gpu().times((n + 1)));
    "#]],
    );
    builder(
        "placement = near(x)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::near(&x));
    "#]],
    );
    builder(
        "placement = with(t[i - 1])",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(
                P::Placement::with(
                    &t.task([P::index(i) - 1i64]),
                ),
            );
    "#]],
    );
    builder(
        "placement = [gpu(1) { vcus = 1, memory = \"1 GiB\" }, cpu { vcus = half }]",
        expect![[r#"
            let builder_ = P::anonymous()
                .placement(
                    P::Placement::alternatives([
                        P::Placement::gpu_at(1i64)
                            .with_vcus(1f64)
                            .with_memory(P::Bytes::new(1073741824u64)),
                        P::Placement::cpu().with_vcus(half),
                    ]),
                );
        "#]],
    );
    builder(
        "placement = choose(a, b)",
        expect![[r#"
        let builder_ = P::anonymous()
            .placement(P::Placement::from(choose(a, b)));
    "#]],
    );
}

#[test]
fn resources() {
    builder(
        "vcus = 0.5, memory = \"1.5 GiB\"",
        expect![[r#"
        let builder_ = P::anonymous()
            .vcus(0.5)
            .memory(P::Bytes::new(1610612736u64));
    "#]],
    );
    builder(
        "vcus = 1, memory = 1024",
        expect![[r#"
        let builder_ = P::anonymous()
            .vcus(1f64)
            .memory(P::Bytes::new(1024u64));
    "#]],
    );
    builder(
        "vcus = share(), memory = n * 8",
        expect![[r#"
        let builder_ = P::anonymous()
            .vcus(share())
            .memory(P::Bytes::from(n * 8));
    "#]],
    );
}

#[test]
fn priority_and_name() {
    builder(
        "priority = -1, name = format!(\"part {i}\")",
        expect![[r#"
            let builder_ = P::anonymous()
                .priority(-1)
                .label(format!("part {i}"));
        "#]],
    );
}

#[test]
fn other_path_to_the_crate() {
    spawn(
        "t[0], crate = ::other",
        "fn a() {}",
        expect![[r#"
            fn f() {
                let a = {
                    let builder_ = t.task([0i64]);
                    let body_ = move || -> () {};
                    {
                        use ::other::__private::DetectFallible as _;
                        use ::other::__private::DetectPlain as _;
                        (&::other::__private::Probe::of(&body_))
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
fn input_and_clone() {
    spawn(
        "input = [a, b = a], clone = [x]",
        "fn sum() -> f64 { a + b + x }",
        expect![[r#"
            fn f() {
                let sum = {
                    let mut builder_ = P::anonymous();
                    let x = x.clone();
                    let access_0_ = P::AsInput::declare_input(&a, &mut builder_);
                    let access_1_ = P::AsInput::declare_input(&a, &mut builder_);
                    builder_.__parla_on_host();
                    let a = access_0_;
                    let b = access_1_;
                    let body_ = move || -> f64 {
                        let a = a.get();
                        let b = b.get();
                        a + b + x
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
                let _ = &sum;
            }
        "#]],
    );
}

#[test]
fn names_of_the_user_are_avoided() {
    graph(
        "let builder_ = 1; #[spawn] move || builder_;",
        expect![[r#"
            fn f() {
                let builder_ = 1;
                let _ = {
                    use spawn as _;
                    let builder__ = P::anonymous();
                    let body_ = move || builder_;
                    {
                        use P::DetectFallible as _;
                        use P::DetectPlain as _;
                        (&P::Probe::of(&body_))
                            .__parla_detect()
                            .of(builder__)
                            .spawn(body_)
                    }
                };
            }
        "#]],
    );
}
