//! Rules about whole graphs: what is found in a body, and what is left alone.

use expect_test::{Expect, expect};

use super::{graph, messages, tokens};
use crate::pipeline;

/// What is said of a function with this body and the parameters `n` and `m`.
fn said(body: &str) -> String {
    let item = format!("fn f(n: usize, m: usize) {{ {body} }}");
    messages(pipeline::task_graph(Default::default(), tokens(&item)))
}

fn wrong(body: &str, expected: Expect) {
    expected.assert_eq(&said(&format!("let t = TaskSpace::new(\"T\"); {body}")));
}

fn right(body: &str) {
    let body = format!("let t = TaskSpace::new(\"T\"); {body}");
    assert_eq!(said(&body), "", "{body}");
}

#[test]
fn a_task_spawned_twice_is_shown_with_both_spawns() {
    wrong(
        "#[spawn(t[1])] fn a() {} #[spawn(t[2 - 1])] fn b() {}",
        expect![[r#"
            - P0001: `T[1]` is spawned twice

              = help: give each task of a space its own index, or leave the target out
            - P0001: `T[1]` is first spawned here
        "#]],
    );
}

#[test]
fn what_is_not_known_to_be_positive_is_spawned_twice_all_the_same() {
    for value in ["LIMIT", "other(n)", "n.checked_mul(2).unwrap()"] {
        let body = format!(
            "let t = TaskSpace::new(\"T\"); let k = {value}; \
             #[spawn(t[k])] fn a() {{}} #[spawn(t[k])] fn b() {{}}"
        );
        let said = said(&body);
        assert!(
            said.contains(" = 3: `T[3]` is spawned twice"),
            "{value}: {said}"
        );
    }
    // Only one of the two names a task below zero.
    right("let k = other(n); #[spawn(t[k])] fn a() {} #[spawn(t[k.abs()])] fn b() {}");
}

#[test]
fn failures_are_no_way_out_but_of_loops() {
    let twice = "#[spawn(t[0])] fn a() {} #[spawn(t[0])] fn b() {}";
    for body in [
        format!("read()?; {twice}"),
        format!("for i in 0..1 {{ {twice} h.await?; }}"),
        "for i in 0..2 { #[spawn(t[0])] fn a() {} a.await?; }".to_owned(),
    ] {
        let said = said(&format!("let t = TaskSpace::new(\"T\"); {body}"));
        assert!(said.starts_with("- P0001"), "{body}: {said}");
    }
}

#[test]
fn two_turns_that_collide_are_named() {
    wrong(
        "for i in 0..4 { #[spawn(t[i / 2])] fn a() {} }",
        expect![[r#"
            - P0001: `T[0]` is spawned twice: for i = 0, and again for i = 1

              = help: give each task of a space its own index, or leave the target out
        "#]],
    );
    wrong(
        "for i in 0..2 { for j in 0..2 { #[spawn(t[i + j])] fn a() {} } }",
        expect![[r#"
            - P0001: `T[1]` is spawned twice: for i = 0, j = 1, and again for i = 1, j = 0

              = help: give each task of a space its own index, or leave the target out
        "#]],
    );
    wrong(
        "for i in 0..4 { #[spawn(t[i])] fn a() {} } #[spawn(t[3])] fn b() {}",
        expect![[r#"
            - P0001: `T[3]` is spawned twice

              = help: give each task of a space its own index, or leave the target out
            - P0001: `T[3]` is first spawned here, for i = 3
        "#]],
    );
    wrong(
        "for _ in 0..2 { #[spawn(t[0])] fn a() {} }",
        expect![[r#"
            - P0001: `T[0]` is spawned twice: the loop around it comes here again

              = help: give each task of a space its own index, or leave the target out
        "#]],
    );
    wrong(
        "for i in 0..n { #[spawn(t[i])] fn a() {} } for i in 0..n { #[spawn(t[i])] fn b() {} }",
        expect![[r#"
            - P0001: `T[0]` is spawned twice, here for i = 0

              = help: give each task of a space its own index, or leave the target out
            - P0001: `T[0]` is first spawned here, for i = 0
        "#]],
    );
    wrong(
        "t.spawn_all(0..4, |i| i); #[spawn(t[3])] fn b() {}",
        expect![[r#"
            - P0001: `T[3]` is spawned twice

              = help: give each task of a space its own index, or leave the target out
            - P0001: `T[3]` is first spawned here
        "#]],
    );
}

#[test]
fn a_dependency_that_nobody_spawns_is_shown_with_the_nearest() {
    wrong(
        "for i in 0..4 { #[spawn(t[i], deps = [t[i + 1]])] fn a() {} }",
        expect![[r#"
            - P0002: `T[3]` waits for `T[4]`, which is never spawned

              = help: spawn `T[4]`, or did you mean `T[2]`?
        "#]],
    );
    wrong(
        "for i in 0..n { #[spawn(t[i], deps = [t[i + 1]])] fn a() {} }",
        expect![[r#"
            - P0002: for n = 3: `T[2]` waits for `T[3]`, which is never spawned

              = help: spawn `T[3]`, or did you mean `T[1]`?
        "#]],
    );
    wrong(
        "#[spawn(t[0], deps = [t[5]])] fn a() {}",
        expect![[r#"
        - P0002: `T[0]` waits for `T[5]`, which is never spawned

          = help: no other task of `T` is spawned: spawn `T[5]`, or remove the wait for it
    "#]],
    );
    wrong(
        "for i in 0..3 { #[spawn(t[i])] fn a() {} } #[spawn(t[4], deps = [t[0..4]])] fn b() {}",
        expect![[r#"
            - P0002: `T[4]` waits for `T[3]`, which is never spawned

              = help: spawn `T[3]`, or did you mean `T[2]`?
        "#]],
    );
    wrong(
        "for i in 0..n { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[0..=n]])] fn last() {}",
        expect![[r#"
            - P0002: for n = 3: `last` waits for `T[3]`, which is never spawned

              = help: spawn `T[3]`, or did you mean `T[2]`?
        "#]],
    );
    wrong(
        "for i in 0..n { for j in 0..m { #[spawn(t[i, j], deps = [t[i - 1, j + 1]])] fn a() {} } }",
        expect![[r#"
            - P0002: for m = 3: `T[1, 2]` waits for `T[0, 3]`, which is never spawned

              = help: spawn `T[0, 3]`, or did you mean `T[0, 2]`?
        "#]],
    );
    wrong(
        "t.task(0).deps([t.task(1), t.task(2)]).spawn(|| ()); t.task(1).spawn(|| ());",
        expect![[r#"
            - P0002: `T[0]` waits for `T[2]`, which is never spawned

              = help: spawn `T[2]`, or did you mean `T[1]`?
        "#]],
    );
}

#[test]
fn a_wait_for_what_nobody_spawns_is_found() {
    let wait = |body: &str| {
        let item = format!(
            "async fn f() -> parla::Result<()> {{ let t = TaskSpace::new(\"T\"); {body} Ok(()) }}"
        );
        messages(pipeline::task_graph(Default::default(), tokens(&item)))
    };
    expect![[r#"
        - P0002: this waits for `T[1]`, which is never spawned

          = help: spawn `T[1]`, or did you mean `T[0]`?
    "#]]
    .assert_eq(&wait("#[spawn(t[0])] fn a() {} t.task(1).await?;"));
    expect![[r#"
        - P0002: this waits for `T[1]`, which is never spawned

          = help: spawn `T[1]`, or did you mean `T[0]`?
    "#]]
    .assert_eq(&wait(
        "#[spawn(t[0])] fn a() {} t.slice(0..3).wait_all().await?;",
    ));
    expect![[r#"
        - P0003: this wait can't end: `T[0]` is spawned only after it

          = help: spawn `T[0]` first, or wait later
        - P0003: `T[0]` is spawned here
    "#]]
    .assert_eq(&wait("t.task(0).await?; #[spawn(t[0])] fn a() {}"));
    expect![[r#"
        - P0003: this wait can't end: `T[1]` waits for `T[0]`, which is spawned only after it

          = help: spawn `T[0]` first, or wait later
        - P0003: `T[0]` is spawned here
    "#]]
    .assert_eq(&wait(
        "#[spawn(t[1], deps = [t[0]])] fn b() {} b.await?; #[spawn(t[0])] fn a() {}",
    ));
    assert_eq!(
        wait("#[spawn(t[1], deps = [t[0]])] fn b() {} #[spawn(t[0])] fn a() {} b.await?;"),
        ""
    );
    assert_eq!(wait("t.wait_all().await?; #[spawn(t[0])] fn a() {}"), "");
}

#[test]
fn cycles_are_whole() {
    wrong(
        "#[spawn(t[0], deps = [t[0]])] fn a() {}",
        expect![[r#"
        - P0003: `T[0]` waits for itself

          = help: name another task, or remove the dependency
    "#]],
    );
    wrong(
        "#[spawn(t[0], deps = [t[1]])] fn a() {} #[spawn(t[1], deps = [t[2]])] fn b() {}
         #[spawn(t[2], deps = [t[0]])] fn c() {}",
        expect![[r#"
            - P0003: cycle: `T[0]` waits for `T[1]` waits for `T[2]` waits for `T[0]`

              = help: break the cycle by removing one of its waits
            - P0003: `T[1]` waits for `T[2]` here
            - P0003: `T[2]` waits for `T[0]` here
        "#]],
    );
    wrong(
        "for i in 0..n { #[spawn(t[i], deps = [t[(i + 1) % n]])] fn a() {} }",
        expect![[r#"
            - P0003: for n = 3: cycle: `T[0]` waits for `T[1]` waits for `T[2]` waits for `T[0]`

              = help: break the cycle by removing one of its waits
        "#]],
    );
    wrong(
        "for i in 0..100 { #[spawn(t[i], deps = [t[(i + 1) % 100]])] fn a() {} }",
        expect![[r#"
            - P0003: cycle: `T[0]` waits for `T[1]` waits for `T[2]` waits for `T[3]` waits for `T[4]` waits for `T[5]` waits for … (89 more) … waits for `T[95]` waits for `T[96]` waits for `T[97]` waits for `T[98]` waits for `T[99]` waits for `T[0]`

              = help: break the cycle by removing one of its waits
        "#]],
    );
    wrong(
        "#[spawn(t[0])] async fn parent() {
             #[spawn(t[1], deps = [t[0]])] fn child() {}
             child.await.unwrap();
         }",
        expect![[r#"
            - P0003: cycle: `T[1]` waits for `T[0]` waits for `T[1]`

              = help: break the cycle by removing one of its waits
            - P0003: `T[0]` waits for `T[1]` here
        "#]],
    );
    wrong(
        "#[spawn(t[1], deps = [t[0]])] fn a() {} #[spawn(t[0], deps = [t])] fn b() {}",
        expect![[r#"
            - P0003: cycle: `T[1]` waits for `T[0]` waits for `T[1]`

              = help: break the cycle by removing one of its waits
            - P0003: `T[0]` waits for `T[1]` here
        "#]],
    );
}

#[test]
fn what_a_body_names_first_exists_once_the_function_names_it() {
    wrong(
        "#[spawn(t[0], clone = [t])] async fn a() { t.task(1).await.unwrap(); }
         #[spawn(t[1], deps = [t[2]])] fn b() {} #[spawn(t[2], deps = [t[1..]])] fn c() {}",
        expect![[r#"
            - P0003: cycle: `T[1]` waits for `T[2]` waits for `T[1]`

              = help: break the cycle by removing one of its waits
            - P0003: `T[2]` waits for `T[1]` here
        "#]],
    );
}

#[test]
fn a_handle_of_no_task_is_not_that_of_the_turn_before() {
    wrong(
        "let u = TaskSpace::new(\"U\");
         for i in 0..2 { let h = #[spawn(t[0 - i], deps = [u[1]])] || ();
         #[spawn(u[i], deps = [h])] fn a() {} }",
        expect![[r#"
            - P0004: `T[-1]` names no task, since an index is negative

              = help: begin the loop later, or add to the index
        "#]],
    );
}

#[test]
fn a_scope_that_can_not_end_is_found() {
    wrong(
        "#[spawn(t[9], deps = [])] fn z() {}
         parla::scope(|s| {
             let u = s.task_space(\"U\");
             #[spawn(u[0], deps = [t[0]])] fn a() {}
         }).unwrap();
         #[spawn(t[0])] fn b() {}",
        expect![[r#"
            - P0003: this scope can't end: `U[0]` waits for `T[0]`, which is spawned only after it

              = help: spawn `T[0]` first, or wait later
            - P0003: `T[0]` is spawned here
        "#]],
    );
}

#[test]
fn indices_fit_their_space() {
    wrong(
        "let u = TaskSpace::with_shape(\"U\", [3, 3]); #[spawn(u[1])] fn a() {}
         #[spawn(u[0, 0], deps = [u[1]])] fn b() {} #[spawn(u[3, 0])] fn c() {}",
        expect![[r#"
            - P0004: 1 index, but `U` has 2 dimensions

              = help: write 2 indices
            - P0004: 1 index, but `U` has 2 dimensions

              = help: write 2 indices
            - P0004: `U[3, 0]` names no task: it is outside the shape of `U`

              = help: keep to its shape, [3, 3]
        "#]],
    );
    wrong(
        "for i in 0..4 { #[spawn(t[i - 1])] fn a() {} }",
        expect![[r#"
            - P0004: `T[-1]` names no task, since an index is negative

              = help: begin the loop later, or add to the index
        "#]],
    );
    wrong(
        "#[spawn(t[0, 0])] fn a() {} #[spawn(t[0, 1], deps = [t[0]])] fn b() {}",
        expect![[r#"
            - P0004: `T[0]` has 1 index, but the tasks of `T` have 2

              = help: write 2 indices, as in `T[0, 0]`
        "#]],
    );
}

#[test]
fn what_depends_on_something_unknown_is_left_alone() {
    for body in [
        // Conditions.
        "if random() { #[spawn(t[0])] fn a() {} } #[spawn(t[1], deps = [t[0]])] fn b() {}",
        "if random() { #[spawn(t[0])] fn a() {} } else { #[spawn(t[0])] fn b() {} }",
        "if n > 2 { #[spawn(t[0])] fn a() {} } if n <= 2 { #[spawn(t[0])] fn b() {} }",
        "if random() { #[spawn(t[0], deps = [t[1]])] fn a() {} }",
        "if random() { return; } #[spawn(t[0], deps = [t[1]])] fn a() {}",
        "let Some(x) = y() else { return }; #[spawn(t[0], deps = [t[1]])] fn a() {}",
        "match m { 0 => { #[spawn(t[0])] fn a() {} } _ => { #[spawn(t[0])] fn a() {} } }",
        "match x() { 0 => { #[spawn(t[0])] fn a() {} } _ => { #[spawn(t[0])] fn a() {} } }",
        "for i in 0..3 { if i == 1 { continue; } #[spawn(t[i / 2])] fn a() {} }",
        "for i in 0..3 { if skip(i) { continue; } #[spawn(t[0])] fn a() {} }",
        "for i in 0..3 { #[spawn(t[0])] fn a() {} break; }",
        "for i in 0..3 { if skip(i) { break; } #[spawn(t[i])] fn a() {} }
         #[spawn(t[3], deps = [t[0..3]])] fn b() {}",
        "'o: for i in 0..3 { for j in 0..3 { if i + j == 1 { continue 'o; } \
         #[spawn(t[i])] fn a() {} break; } }",
        "'a: { if random() { break 'a; } #[spawn(t[0])] fn a() {} }
         #[spawn(t[1], deps = [t[0]])] fn b() {}",
        "for i in 0..3 { 'a: { if i == 1 { break; } if i == 7 { break 'a; } \
         #[spawn(t[i / 2])] fn a() {} } }",
        "for _ in 0..3 { it.next()?; #[spawn(t[0])] fn a() {} }",
        "#[cfg(unix)] #[spawn(t[0])] fn a() {} #[cfg(not(unix))] #[spawn(t[0])] fn b() {}",
        // Loops.
        "for x in list { #[spawn(t[0])] fn a() {} }",
        "for (i, x) in list.iter().enumerate() { #[spawn(t[i])] fn a() {} }
         #[spawn(t[100], deps = [t[7]])] fn b() {}",
        "while more() { #[spawn(t[0])] fn a() {} }",
        "loop { #[spawn(t[0])] fn a() {} if done() { break; } }",
        "let mut i = 0; while i < 3 { #[spawn(t[i])] fn a() {} i += 1; }
         #[spawn(t[3], deps = [t[0..3]])] fn b() {}",
        "let mut i = 0; for x in list { #[spawn(t[i])] fn a() {} i += 1; }",
        "let mut i = 0; let mut next = || { i += 1; i };
         #[spawn(t[i])] fn a() {} next(); #[spawn(t[i])] fn b() {}",
        "let mut i = 0; bump(&mut i); #[spawn(t[i])] fn a() {} #[spawn(t[0])] fn b() {}",
        "let mut i = 0; i.bump(); #[spawn(t[i])] fn a() {} #[spawn(t[0])] fn b() {}",
        "let mut i = 0; bump!(i); #[spawn(t[i])] fn a() {} #[spawn(t[0])] fn b() {}",
        "let i = next(); #[spawn(t[i])] fn a() {} let i = next(); #[spawn(t[i])] fn b() {}",
        // Values that only some calls have.
        "for i in 0..n { #[spawn(t[i], deps = [t[i ^ 1]])] fn a() {} }",
        "for i in 0..4 { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[n]])] fn b() {}",
        "for i in 0..4 { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[0..n]])] fn b() {}",
        "for i in 0..n { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[m]])] fn b() {}",
        "for i in 0..n * m { #[spawn(t[i])] fn a() {} }
         for i in 0..n { for j in 0..m { #[spawn(deps = [t[i * m + j]])] fn b() {} } }",
        "for i in 0..n { #[spawn(t[i % 4])] fn a() {} }",
        "assert!(n % 2 == 0); for i in 0..n { #[spawn(t[i])] fn a() {} }
         for i in 0..n / 2 { #[spawn(deps = [t[2 * i + 1]])] fn b() {} }",
        "let u = TaskSpace::new(\"U\"); for i in 0..256 { #[spawn(t[i])] fn a() {} \
         #[spawn(u[i], deps = [t[(i + 1) as u8]])] fn b() {} }",
        // Others' methods of the same names.
        "m.task(1).spawn(|| ()); m.task(1).spawn(|| ());",
        "let pool = pool(); pool.task(1).spawn(|| ()); pool.task(1).spawn(|| ());",
        // Spaces that others get at.
        "others(&t); #[spawn(t[0], deps = [t[1]])] fn a() {}",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} vec![t];",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} others!(t);",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} move || { #[spawn(t[1])] fn a() {} };",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} #[spawn] fn b() { others(t); }",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} #[spawn] fn b() { #[spawn(t[1])] fn c() {} }",
        "#[spawn(t[0], deps = [t[1]])] fn a() {} t.task(1)",
        "let u = t.clone(); #[spawn(t[0], deps = [u[1]])] fn a() {} #[spawn(u[1])] fn b() {}",
        "let u = &t; #[spawn(t[0], deps = [u[1]])] fn a() {} #[spawn(u[1])] fn b() {}",
        "macro_rules! s { () => { t.task(1).spawn(|| ()); } } \
         #[spawn(t[0], deps = [t[1]])] fn a() {} s!();",
        // Names.
        "#[spawn(t[0])] fn a() {} let t = TaskSpace::new(\"U\"); #[spawn(t[0])] fn b() {}",
        "for r in 0..3 { let t = TaskSpace::new(\"U\"); #[spawn(t[0])] fn b() {} }",
        "let (t, u) = (TaskSpace::new(\"A\"), t); #[spawn(t[0])] fn a() {} #[spawn(u[0])] fn b() {}",
        "let mut u = TaskSpace::new(\"U\"); #[spawn(u[0])] fn a() {}
         u = TaskSpace::new(\"V\"); #[spawn(u[0])] fn b() {}",
        "const N: usize = 3; for i in 0..N { #[spawn(t[i])] fn a() {} }
         #[spawn(t[N], deps = [t[0..N]])] fn b() {}",
        // Clipping.
        "for i in 0..4 { #[spawn(t[i], deps = [t[i - 1], t[i - 3..i]])] fn a() {} }",
        "let u = TaskSpace::with_shape(\"U\", [3]); #[spawn(u[0], deps = [u[3], u[5]])] fn a() {}",
        "let u = TaskSpace::with_shape(\"U\", [n]); #[spawn(u[0], deps = [u[3]])] fn a() {}",
        "for i in (0..4).rev() { #[spawn(t[i], deps = [t[i - 1]])] fn a() {} }",
        "for i in (0..8).step_by(2) { #[spawn(t[i])] fn a() {} } \
         #[spawn(deps = [t[0..8; 2]])] fn a() {}",
        "#[spawn(t[0], deps = [t[..]])] fn a() {} #[spawn(t[1], deps = [t])] fn b() {}",
        "async { t.task(5).await };",
        "tokio::join!(async { t.task(5).await }, async { #[spawn(t[5])] fn a() {} });",
        "tokio::select! { _ = t.task(5) => (), _ = other => () } #[spawn(t[5])] fn a() {}",
        "#[spawn(t[0])] fn a() {} #[spawn(deps = [a], input = [b = a])] fn b() {}",
    ] {
        right(body);
    }
}

#[test]
fn spaces_of_others_are_checked_for_what_is_certain() {
    let said = |body: &str| {
        let item = format!("fn f(&self, t: &TaskSpace) {{ {body} }}");
        messages(pipeline::task_graph(Default::default(), tokens(&item)))
    };
    assert_eq!(said("#[spawn(t[0], deps = [t[1]])] fn a() {}"), "");
    assert_eq!(
        said("#[spawn(self.t[0], deps = [self.t[1]])] fn a() {}"),
        ""
    );
    expect![[r#"
        - P0001: `t[0]` is spawned twice

          = help: give each task of a space its own index, or leave the target out
        - P0001: `t[0]` is first spawned here
    "#]]
    .assert_eq(&said("#[spawn(t[0])] fn a() {} #[spawn(t[0])] fn a() {}"));
    expect![[r#"
        - P0001: `self.t[0]` is spawned twice

          = help: give each task of a space its own index, or leave the target out
        - P0001: `self.t[0]` is first spawned here
    "#]]
    .assert_eq(&said(
        "#[spawn(self.t[0])] fn a() {} #[spawn(self.t[0])] fn a() {}",
    ));
    expect![[r#"
        - P0003: for self.n = 3: cycle: `t[0]` waits for `t[2]` waits for `t[0]`

          = help: break the cycle by removing one of its waits
    "#]]
    .assert_eq(&said(
        "for i in 0..self.n { #[spawn(t[i], deps = [t[self.n - 1 - i]])] fn a() {} }",
    ));
}

#[test]
fn values_that_change_are_not_taken_for_fixed() {
    for body in [
        // Through references, guards and cells.
        "let mut k = lock(); #[spawn(t[*k])] fn a() {} *k += 1; #[spawn(t[*k])] fn b() {}",
        "let s = get(); #[spawn(t[s.k])] fn a() {} s.k += 1; #[spawn(t[s.k])] fn b() {}",
        "let s = get(); #[spawn(t[s.k])] fn a() {} s.advance(); #[spawn(t[s.k])] fn b() {}",
        "let s = get(); #[spawn(t[s.k])] fn a() {} advance(s); #[spawn(t[s.k])] fn b() {}",
        "let s = &mut other; #[spawn(t[s.k])] fn a() {} s.k = 2; #[spawn(t[s.k])] fn b() {}",
        "let k = RefCell::new(0); #[spawn(t[*k.borrow()])] fn a() {} *k.borrow_mut() += 1; \
         #[spawn(t[*k.borrow()])] fn b() {}",
        "let q = Queue::new(); #[spawn(t[q.len()])] fn a() {} q.push(1); \
         #[spawn(t[q.len()])] fn b() {}",
        "let mut i = 0; let ref mut r = i; *r += 1; #[spawn(t[i])] fn a() {} \
         #[spawn(t[0])] fn b() {}",
        "let mut i = 0; match i { ref mut r => *r += 1 } #[spawn(t[i])] fn a() {} \
         #[spawn(t[0])] fn b() {}",
        "let (mut a, mut b) = (0, 1); #[spawn(t[a])] fn x() {} (a, b) = (b, a); \
         #[spawn(t[a])] fn y() {}",
        // By macros, which may also bind and jump.
        "let i = 0; #[spawn(t[i])] fn a() {} bind!(i); #[spawn(t[i])] fn b() {}",
        "for i in 0..4 { #[spawn(t[i % 2])] fn a() {} stop_if!(i == 1); }",
        "for i in 0..4 { tokio::select! { _ = a => break, _ = b => {} } #[spawn(t[0])] fn a() {} }",
        // By configuration.
        "match 3 { #[cfg(any())] 3 => { #[spawn(t[0], deps = [t[0]])] fn a() {} } _ => {} }",
        "for i in [#[cfg(any())] 1, 0, 1] { #[spawn(t[i])] fn a() {} }",
        "t.task(0).deps([#[cfg(any())] t.task(9), t.task(-1)]).spawn(|| ());",
        "let u = TaskSpace::with_shape(\"U\", [#[cfg(any())] 4, 3]); #[spawn(u[0])] fn a() {}",
        // By attributes that are not known, or not seen.
        "#[go(t[1])] fn a() {} #[spawn(t[0], deps = [t[1]])] fn b() {}",
        "let x = format!(\"{}\", { #[spawn(t[1])] fn a() {} 3 }); \
         #[spawn(t[0], deps = [t[1]])] fn b() {}",
    ] {
        right(body);
    }
    let parameter = "fn f(t: &TaskSpace, k: &mut usize) { #[spawn(t[*k])] fn a() {} *k += 1; \
                     #[spawn(t[*k])] fn b() {} }";
    graph(parameter, expect![""]);
}

#[test]
fn what_is_no_integer_is_not_taken_for_one() {
    for body in [
        "let u = TaskSpace::with_shape(\"U\", [3, 3]); let at = (1, 2); u.task(at).spawn(|| ());",
        "let u = TaskSpace::with_shape(\"U\", [3, 3]); \
         for at in [(0, 1), (1, 2)] { u.task(at).spawn(|| ()); }",
        "for i in 20..30 { #[spawn(t[i])] fn a() {} } let r = 20..30; t.slice(r.clone()).wait_all();",
        "for i in 0..4 { #[spawn(t[(i as f64 / 2 as f64 * 2 as f64) as usize])] fn a() {} }",
        "#[spawn(t[0])] fn a() {} #[spawn(deps = [t[256 as u8]])] fn b() {}",
        "for c in 'a'..='d' { #[spawn(t[c as u32])] fn a() {} } #[spawn(deps = [t[97]])] fn b() {}",
    ] {
        right(body);
    }
}

#[test]
fn conditions_on_values_may_exclude_each_other() {
    for condition in [
        "fn f(t: &TaskSpace, it: A) { if it == X { #[spawn(t[0])] fn a() {} } \
         if it == Y { #[spawn(t[0])] fn b() {} } }",
        "fn f(t: &TaskSpace, k: i32, low: i32, high: i32) { if k < low { #[spawn(t[0])] fn a() {} } \
         if k >= high { #[spawn(t[0])] fn b() {} } }",
        "fn f(t: &TaskSpace, n: u8, m: u8) { for i in 0..n { #[spawn(t[i])] fn a() {} } \
         for i in 0..m { #[spawn(t[i])] fn b() {} } }",
    ] {
        graph(condition, expect![""]);
    }
}

#[test]
fn functions_may_be_meant_for_large_values_only() {
    for body in [
        "for i in 0..n { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[20]])] fn b() {}",
        "for i in 0..N { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[20]])] fn b() {}",
        "for i in 0..N { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[4095]])] fn b() {}",
        "for i in 0..n { #[spawn(t[i])] fn a() {} }
         for b in 0..m { #[spawn(deps = [t[b * 10 + 9]])] fn b() {} }",
        "if n > 1000 { #[spawn(t[0])] fn a() {} } #[spawn(deps = [t[0]])] fn b() {}",
        "if n > 1_000_000 { for i in 0..n { #[spawn(t[i])] fn a() {} } }
         #[spawn(deps = [t[0]])] fn b() {}",
        "if n == 77 { #[spawn(t[0])] fn a() {} } #[spawn(deps = [t[0]])] fn b() {}",
        "match n { 404 => { #[spawn(t[0])] fn a() {} } _ => {} } #[spawn(deps = [t[0]])] fn b() {}",
        "if n > 10 && m > 10 { #[spawn(t[0])] fn a() {} } #[spawn(deps = [t[0]])] fn b() {}",
        "#[spawn(t[n / 1000])] fn a() {} #[spawn(t[0])] fn b() {}",
        "#[spawn(t[n >> 10])] fn a() {} #[spawn(t[0])] fn b() {}",
        "const A: usize = B + 1; const B: usize = 20; for i in 0..A { #[spawn(t[i])] fn a() {} } \
         #[spawn(deps = [t[20]])] fn b() {}",
    ] {
        right(body);
    }
    let below_zero = "fn f(d: i32) { let t = TaskSpace::new(\"T\"); \
                      for i in 0..4 { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[4 + d]])] fn b() {} }";
    graph(below_zero, expect![""]);
    let backwards = "fn f(t: &TaskSpace, n: i64) { for i in 0..3 { \
                     #[spawn(t[10 + i * n.min(0)])] fn a() {} } }";
    graph(backwards, expect![""]);
}

#[test]
fn spaces_made_by_others_may_be_those_of_others() {
    let cached = "fn f(c: &Context) { let t = c.task_space(\"A\"); \
                  #[spawn(t[1], deps = [t[0]])] fn a() {} }";
    graph(cached, expect![""]);
    // The scope doesn't wait for the tasks of this space.
    let own = "let u = TaskSpace::new(\"U\"); #[spawn(u[0], deps = [t[0]])] fn a() {}";
    right(&format!(
        "parla::scope(|s| {{ {own} }}).unwrap(); #[spawn(t[0])] fn b() {{}}"
    ));
}

#[test]
fn a_target_that_is_none_leaves_open_what_is_spawned() {
    wrong(
        "#[spawn(t[0..3])] fn a() {} #[spawn(t[9], deps = [t[0]])] fn b() {}",
        expect![[r#"
            - P0004: a slice of `t`, where the target of a spawn is one task

              = help: spawn in a loop, one task for each index
        "#]],
    );
}

#[test]
fn a_loop_without_end_is_left_soon() {
    right("let is_on = true; while is_on { #[spawn(t[0])] fn a() {} if done() { break; } }");
}

#[test]
fn nothing_is_checked_if_that_is_wanted() {
    let item = "fn f() { let t = TaskSpace::new(\"T\"); #[spawn(t[0], deps = [t[0]])] fn a() {} }";
    let said = |args| messages(pipeline::task_graph(tokens(args), tokens(item)));
    assert_eq!(said("check = false"), "");
    assert_ne!(said("check = true"), "");
    expect![[r#"
        - P0010: `check` is `true` or `false`
        - P0003: `T[0]` waits for itself

          = help: name another task, or remove the dependency
    "#]]
    .assert_eq(&said("check = 1"));
}

#[test]
fn of_a_graph_beyond_the_budget_a_part_is_checked() {
    // What is never spawned in the part may be spawned behind it.
    right("for i in 0..1_000_000_000 { #[spawn(t[i], deps = [t[i + 1]])] fn a() {} }");
    right(
        "for i in 0..1_000_000 { let u = TaskSpace::new(\"U\"); #[spawn(u[0])] fn a() {} \
         #[spawn(u[1], deps = [u])] fn b() {} }",
    );
    wrong(
        "for i in 0..1_000_000_000 { #[spawn(t[i], deps = [t[7]])] fn a() {} }",
        expect![[r#"
            - P0003: `T[7]` waits for itself

              = help: name another task, or remove the dependency
        "#]],
    );
    wrong(
        "#[spawn(t[0])] fn a() {} #[spawn(t[0])] fn b() {} \
         for i in 1..1_000_000_000 { #[spawn(t[i])] fn c() {} }",
        expect![[r#"
            - P0001: `T[0]` is spawned twice

              = help: give each task of a space its own index, or leave the target out
            - P0001: `T[0]` is first spawned here
        "#]],
    );
}

#[test]
fn assertions_leave_the_values_that_they_allow() {
    let missing =
        "for i in 0..n { #[spawn(t[i])] fn a() {} } #[spawn(deps = [t[n ^ 1]])] fn b() {}";
    right(missing);
    right(&format!("assert!(n.is_power_of_two()); {missing}"));
    for assertion in [
        "n.is_multiple_of(2)",
        "n % 2 == 0",
        "n.is_power_of_two() && n > 1",
    ] {
        let body = format!("let t = TaskSpace::new(\"T\"); assert!({assertion}); {missing}");
        let said = said(&body);
        assert!(said.starts_with("- P0002: for n = "), "{assertion}: {said}");
    }
}

#[test]
fn variables_in_slices_are_indices_if_they_are_known_to_be() {
    wrong(
        "for i in 0..4 { for j in 0..2 { #[spawn(t[i, j])] fn a() {} } } \
         for j in 0..3 { t.task((4, j)).deps(t.slice((0..4, j))).spawn(|| ()); }",
        expect![[r#"
            - P0002: `T[4, 2]` waits for `T[0, 2]`, which is never spawned

              = help: spawn `T[0, 2]`, or did you mean `T[0, 1]`?
        "#]],
    );
    right("#[spawn(t[0])] fn a() {} let r = 0..1; t.task(1).deps(t.slice(r)).spawn(|| ());");
    right("#[spawn(t[0])] fn a() {} let r = some(); t.task(1).deps(t.slice(r)).spawn(|| ());");
}

#[test]
fn looking_into_what_has_a_length_leaves_the_length() {
    let blocked = "fn f(a: &Tiles) { let t = TaskSpace::new(\"T\"); for j in 0..a.len() { \
                   #[spawn(t[j], deps = [t[j + 1]])] kernel(a.tile(j, j), &a.row(j)); } }";
    graph(
        blocked,
        expect![[r#"
        - P0002: for a.len() = 3: `T[2]` waits for `T[3]`, which is never spawned

          = help: spawn `T[3]`, or did you mean `T[1]`?
    "#]],
    );
}

#[test]
fn what_a_function_says_is_not_taken_for_fixed() {
    right(
        "let q = queue(); #[spawn(t[length(&q)])] fn a() {} let id = q.grow(); \
         #[spawn(t[length(&q)])] fn b() {}",
    );
    right(
        "let next = length(&q); #[spawn(t[next])] fn a() {} let id = q.grow(); \
         let next = length(&q); #[spawn(t[next])] fn b() {}",
    );
}
