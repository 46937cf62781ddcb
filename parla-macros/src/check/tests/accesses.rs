//! Accesses that conflict where they don't order tasks: what is found, and what is left alone.

use expect_test::{Expect, expect};

use super::{messages, tokens};
use crate::pipeline;

/// What is said of an explicit function with this body, which has two arrays and a space.
fn said(body: &str) -> String {
    let item = format!(
        "async fn f(x: &PArray<f64, Ix1>, y: &PArray<f64, Ix2>, n: usize, m: usize,
            grids: &[PArray<f64, Ix1>], w: &[Task<f64>], u: &TaskSpace, flag: bool) {{
            let t = TaskSpace::new(\"T\");
            {body}
        }}"
    );
    messages(pipeline::task_graph(tokens("explicit"), tokens(&item)))
}

fn wrong(body: &str, expected: Expect) {
    expected.assert_eq(&said(body));
}

fn right(body: &str) {
    assert_eq!(said(body), "", "{body}");
}

#[track_caller]
fn found(body: &str) {
    assert!(said(body).starts_with("- P0009"), "{body}: {}", said(body));
}

#[test]
fn two_writers_are_shown_with_both_accesses() {
    wrong(
        "#[spawn(t[0], output = [x])] fn a() {} #[spawn(t[1], output = [x])] fn b() {}",
        expect![[r#"
            - P0009: `T[0]` and `T[1]` both write `x`, and nothing orders them

              = help: make `T[1]` wait for `T[0]` with `deps`, or leave `explicit` out: then accesses order tasks
            - P0009: `T[0]` writes `x` here
        "#]],
    );
    wrong(
        "#[spawn(t[0], output = [x])] fn a() {} #[spawn(input = [z = x[4..8]])] fn b() {}",
        expect![[r#"
            - P0009: `T[0]` writes `x`, `b` reads `x[4..8]`, and nothing orders them

              = help: make `b` wait for `T[0]` with `deps`, or leave `explicit` out: then accesses order tasks
            - P0009: `T[0]` writes `x` here
        "#]],
    );
    wrong(
        "#[spawn(inout = [x])] fn a() {} let h = #[spawn(commute = [x])] move || x.len();",
        expect![[r#"
            - P0009: `a` and `h` both change `x`, and nothing orders them

              = help: make `h` wait for `a` with `deps`, or leave `explicit` out: then accesses order tasks
            - P0009: `a` changes `x` here
        "#]],
    );
}

#[test]
fn turns_of_loops_that_conflict_are_named() {
    wrong(
        "for i in 0..n { #[spawn(t[i], output = [z = x[4 * i..4 * i + 5]])] fn a() {} }",
        expect![[r#"
            - P0009: `T[0]` writes `x[0..5]`, `T[1]` writes `x[4..9]`, and nothing orders them

              = help: make `T[1]` wait for `T[0]` with `deps`, or leave `explicit` out: then accesses order tasks
        "#]],
    );
    wrong(
        "for i in 0..n {
            #[spawn(t[0, i], output = [z = x[4 * i..4 * i + 4]])] fn a() {}
            #[spawn(t[1, i], deps = [t[0, i]], input = [z = x[4 * i..4 * i + 5]])] fn b() {}
        }",
        expect![[r#"
            - P0009: `T[1, 0]` reads `x[0..5]`, `T[0, 1]` writes `x[4..8]`, and nothing orders them

              = help: make `T[0, 1]` wait for `T[1, 0]` with `deps`, or leave `explicit` out: then accesses order tasks
            - P0009: `T[1, 0]` reads `x[0..5]` here
        "#]],
    );
    wrong(
        "for i in 0..3 { #[spawn(output = [x])] fn step() {} }",
        expect![[r#"
            - P0009: `step` for i = 0 and `step` for i = 1 both write `x`, and nothing orders them

              = help: make `step` for i = 1 wait for `step` for i = 0 with `deps`, or leave `explicit` out: then accesses order tasks
        "#]],
    );
    wrong(
        "for _ in 0..3 { #[spawn(output = [x])] fn step() {} }",
        expect![[r#"
            - P0009: two runs of `step` write `x`, and nothing orders them

              = help: order them with `deps`, or leave `explicit` out: then accesses order tasks
        "#]],
    );
}

#[test]
fn modes_conflict_unless_both_read_commute_or_reduce() {
    let modes = ["input", "output", "inout", "commute", "reduce"];
    for one in modes {
        for other in modes {
            let body =
                format!("#[spawn({one} = [x])] fn a() {{}} #[spawn({other} = [x])] fn b() {{}}");
            match one == other && !["output", "inout"].contains(&one) {
                true => right(&body),
                false => found(&body),
            }
        }
    }
}

#[test]
fn regions_conflict_where_they_overlap() {
    let pairs = [
        ("x", "x", true),
        ("x", "x[4..8]", true),
        ("x[0..4]", "x[4..8]", false),
        ("x[0..5]", "x[4..8]", true),
        ("x[0..=4]", "x[4..8]", true),
        ("x[3]", "x[0..8; 2]", false),
        ("x[4]", "x[0..8; 2]", true),
        ("x[0..9; 2]", "x[1..9; 2]", false),
        ("x[..4]", "x", true),
        ("x[5..3]", "x", false),
        ("x[-4..0]", "x", false),
        ("y[0..4, 0..4]", "y[0..4, 4..8]", false),
        ("y[0..4, 0..4]", "y[2..6, 2..6]", true),
        ("y[3]", "y[.., 5]", true),
        ("y[0..4]", "y[4..8, 2]", false),
        ("x", "y", false),
    ];
    for (one, other, overlap) in pairs {
        for (one, other) in [(one, other), (other, one)] {
            let body = format!(
                "#[spawn(output = [a = {one}])] fn a() {{}} #[spawn(inout = [b = {other}])] fn b() {{}}"
            );
            match overlap {
                true => found(&body),
                false => right(&body),
            }
        }
    }
}

#[test]
fn what_is_in_order_is_left_alone() {
    for body in [
        "#[spawn(t[0], output = [x])] fn a() {} #[spawn(deps = [t[0]], output = [x])] fn b() {}",
        "#[spawn(deps = [t[0]], output = [x])] fn b() {} #[spawn(t[0], output = [x])] fn a() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(deps = [a])] fn b() {} \
         #[spawn(input = [b, x])] fn c() {}",
        "for i in 0..n { #[spawn(t[i], deps = [t[i - 1]], inout = [x])] fn a() {} }",
        "for i in 0..n { #[spawn(t[i], output = [b = x[i]])] fn a() {} } \
         #[spawn(deps = [t], inout = [x])] fn b() {}",
        "for i in 0..n { #[spawn(t[i], output = [b = x[i]])] fn a() {} } \
         #[spawn(deps = [t[0..n]], inout = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} a.await?; #[spawn(output = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(deps = [a])] fn b() {} b.await?; \
         #[spawn(output = [x])] fn c() {}",
        "for i in 0..4 { #[spawn(t[i], output = [b = x[i]])] fn a() {} } t.wait_all().await?; \
         #[spawn(output = [x])] fn b() {}",
        "for i in 0..n { #[spawn(output = [x])] fn a() {} a.await?; }",
        "#[spawn(input = [b = x[0..4]], inout = [c = x[2..6]])] fn a() {}",
        // Not before it is spawned, but what is spawned behind the wait comes after both.
        "#[spawn(t[0], output = [x])] fn a() {} a.await?; #[spawn(t[1])] fn b() {} \
         #[spawn(deps = [t[1]], output = [x])] fn c() {}",
        "parla::scope(|s| { s.task().spawn(|| ()); let u = s.task_space(\"U\"); \
         #[spawn(u[0], output = [x])] fn a() {} }); #[spawn(output = [x])] fn b() {}",
    ] {
        right(body);
    }
}

#[test]
fn what_is_in_order_with_something_else_is_found() {
    for body in [
        "#[spawn(t[0])] fn a() {} #[spawn(t[1], output = [x])] fn b() {} a.await?; \
         #[spawn(output = [x])] fn c() {}",
        "#[spawn(t[0])] fn o() {} #[spawn(deps = [t[0]], output = [x])] fn a() {} \
         #[spawn(deps = [t[0]], output = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(output = [x])] fn b() {} a.await?; b.await?;",
        "load().await; #[spawn(output = [x])] fn a() {} #[spawn(output = [x])] fn b() {}",
        "for i in 0..n { #[spawn(t[i], deps = [t[i - 2]], inout = [x])] fn a() {} }",
        // What is spawned behind a wait that is not followed is not what was waited for.
        "#[spawn(t[0])] fn o() {} load().await; #[spawn(deps = [t[0]], output = [x])] fn a() {} \
         #[spawn(output = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} if n > 3 { return; } #[spawn(output = [x])] fn b() {}",
        "let z = x.clone(); #[spawn(output = [x])] fn a() {} #[spawn(output = [z])] fn b() {}",
        "let z = PArray::zeros(4); #[spawn(output = [z])] fn a() {} #[spawn(output = [z])] fn b() {}",
        "for i in 0..4 { for j in 0..4 { \
         #[spawn(output = [a = y[4 * i..4 * i + 5, 4 * j..4 * j + 4]])] fn a() {} } }",
        "for i in 0..n { #[spawn(output = [a = x[i..]])] fn a() {} }",
        "#[spawn(output = [x])] fn a() {} #[spawn(input = [y], inout = [x])] fn b() {}",
        "let z = PArray::zeros(4); \
         #[spawn(output = [x])] fn a() {} #[spawn(input = [z], inout = [x])] fn b() {}",
        "for i in 0..n { #[spawn(t[i], inout = [x[4 * i..4 * i + 5]])] fn a() { work(); } }",
        "#[spawn(output = [g = grids[1]])] fn a() {} #[spawn(inout = [g = &grids[1]])] fn b() {}",
        // The body of a computes, and that is all it does.
        "#[spawn(t[0], output = [x])] fn a() { work(x); } #[spawn(t[1], deps = [t[0]])] fn b() {} \
         #[spawn(t[2], deps = [t[0]], inout = [x])] fn c() {} \
         #[spawn(t[3], deps = [t[1]], inout = [x])] fn d() {}",
    ] {
        found(body);
    }
}

#[test]
fn what_is_not_known_is_left_alone() {
    let writers = |between: &str| {
        format!(
            "#[spawn(t[0], output = [x])] fn a() {{}} {between} #[spawn(output = [x])] fn b() {{}}"
        )
    };
    for between in [
        "other().await?;",
        "finish();",
        "finish(&a);",
        "done.recv()?;",
        "join!(a);",
        "work!();",
        "if n > 3 { a.await?; }",
        "for _ in 0..n { a.await?; }",
        "let x = x.slice(0..2);",
        "for message in receiver { drop(message); }",
        "while rest() {}",
        "parla::scope(|s| { let u = s.task_space(\"U\"); #[spawn(u[0])] fn o() {} });",
    ] {
        right(&writers(between));
    }
    for body in [
        // Which task is waited for.
        "#[spawn(t[0], output = [x])] fn a() {} #[spawn(deps = [first(&t)], output = [x])] fn b() {}",
        "#[spawn(t[0], output = [x])] fn a() {} #[spawn(deps = [t[pick()]], output = [x])] fn b() {}",
        "{ let guard = wait_at_the_end(); #[spawn(output = [x])] fn a() {} } \
         #[spawn(output = [x])] fn b() {}",
        "#[spawn(t[0], output = [x])] fn a() {} \
         #[spawn(t[1])] async fn c() { other().await } #[spawn(deps = [t[1]], output = [x])] fn b() {}",
        "#[spawn(t[0], output = [x])] fn a() {} \
         #[spawn(t[1])] fn c() { finish(&a) } #[spawn(deps = [t[1]], output = [x])] fn b() {}",
        "let all = [#[spawn(t[0], output = [x])] || ()]; \
         #[spawn(t[1])] fn c() { finish(all) } #[spawn(deps = [t[1]], output = [x])] fn b() {}",
        "#[spawn(t[0], output = [x])] fn a() {} give(&t); \
         #[spawn(deps = [t[9]], output = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(deps = [w[0]])] fn c() {} c.await?; \
         #[spawn(output = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(deps = [u], output = [x])] fn b() {}",
        "let v = TaskSpace::new(\"V\"); #[spawn(t[0], output = [x])] fn a() {} \
         if flag { #[spawn(v[0], deps = [t[0]])] fn o() {} } \
         #[spawn(deps = [v], output = [x])] fn b() {}",
        "let z = find(); #[spawn(output = [x])] fn a() {} #[spawn(input = [z], inout = [x])] fn b() {}",
        "#[spawn(output = [x])] fn a() {} #[spawn(input = [z = w[0]], inout = [x])] fn b() {}",
        // Which array it is.
        "for i in 0..4 { let z = pick(i); #[spawn(output = [z])] fn a() {} }",
        "let mut z = x.clone(); #[spawn(output = [x])] fn a() {} swap(&mut z); \
         #[spawn(output = [z])] fn b() {}",
        "#[spawn(output = [a = grids[0]])] fn a() {} #[spawn(output = [a = grids[1]])] fn b() {}",
        // Which region.
        "for i in 0..n { #[spawn(output = [a = x[start(i)..]])] fn a() {} }",
        // Whether there are such elements.
        "#[spawn(t[0], output = [x])] fn o() {} for i in 0..4 { \
         #[spawn(t[i + 1], deps = [t[0]], inout = [a = x[4 * i..4 * i + 4]])] fn a() {} } \
         for i in 0..4 { #[spawn(deps = [t[i + 2..5]], input = [a = x[4 * i + 4..]])] fn b() {} }",
        // Whether they are there for all values.
        "for i in 0..m { #[spawn(output = [a = x[n * i..4 * i + 4]])] fn a() {} }",
        "if n > 3 { #[spawn(output = [x])] fn a() {} } else { #[spawn(output = [x])] fn b() {} }",
        "for _ in 0..n.min(1) { #[spawn(output = [x])] fn a() {} } \
         for _ in 0..m.min(1) { #[spawn(output = [x])] fn b() {} }",
        // Tasks of bodies.
        "#[spawn(output = [x])] fn a() { #[spawn(inout = [x])] fn b() {} }",
        "#[spawn] async fn a() { #[spawn(inout = [x])] fn b() {} #[spawn(inout = [x])] fn c() {} }",
    ] {
        right(body);
    }
}

#[test]
fn where_accesses_order_tasks_nothing_is_missing() {
    let item = "fn f(x: &PArray<f64, Ix1>) {
        #[spawn(output = [x])] fn a() {}
        #[spawn(output = [x])] fn b() {}
    }";
    let said = messages(pipeline::task_graph(Default::default(), tokens(item)));
    assert_eq!(said, "");
}
