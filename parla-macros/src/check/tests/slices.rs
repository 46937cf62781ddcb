//! P0004.

use expect_test::expect;

use super::spawn;

#[test]
fn target_is_one_task() {
    spawn(
        "t[0..3, i]",
        "fn a() {}",
        expect![[r#"
        - P0004: a slice of `t`, where the target of a spawn is one task

          = help: spawn in a loop, one task for each index
    "#]],
    );
    spawn(
        "t",
        "fn a() {}",
        expect![[r#"
        - P0004: `t` is not one task of a space

          = help: write an index, such as `t[0]`, or leave the target out
    "#]],
    );
    spawn(
        "t[]",
        "fn a() {}",
        expect![[r#"
        - P0004: `t[]` has no index

          = help: write an index, such as `t[0]`
    "#]],
    );
    spawn(
        "t.task(3)",
        "fn a() {}",
        expect![[r#"
        - P0004: `t.task(3)` is not one task of a space

          = help: write `space[index]`, or leave the target out
    "#]],
    );
    spawn(
        "[t[0], t[1]]",
        "fn a() {}",
        expect![[r#"
        - P0004: `[…]` is not one task of a space

          = help: write `space[index]`, or leave the target out
    "#]],
    );
    spawn("t[i - 1, 2 * j]", "fn a() {}", expect![[r#""#]]);
}

#[test]
fn slice_makes_sense() {
    spawn(
        "deps = [t[0; 2], t[0..9; 0], t[], t[1..2; 3; 4]]",
        "fn a() {}",
        expect![[r#"
            - P0004: a slice has one step, `a..b; step`
            - P0004: a step without a slice

              = help: write `a..b; step`
            - P0004: a slice with step 0

              = help: leave the step out, or count by 1 or more
            - P0004: `t[]` has no index

              = help: write an index, such as `t[0]`
        "#]],
    );
    spawn(
        "deps = [t[..], t[9..0; -1], t[a..=b, j; 2]]",
        "fn a() {}",
        expect![[r#"
            - P0004: a step without a slice

              = help: write `a..b; step`
        "#]],
    );
}

#[test]
fn operand_is_one_task() {
    spawn(
        "placement = [with(t[0..2]), near(u[..]), with([a, b])]",
        "fn a() {}",
        expect![[r#"
            - P0004: a slice of `t`, where `with` takes one task

              = help: write an index, such as `with(t[0])`
            - P0004: a slice of `u`, where `near` takes one task or array

              = help: write an index, such as `near(u[0])`
            - P0004: a list, where `with` takes one task

              = help: several are alternatives, `[with(a), with(b)]`
        "#]],
    );
}
