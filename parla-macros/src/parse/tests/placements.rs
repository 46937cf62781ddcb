//! Placements.

use expect_test::expect;

use super::check;

#[test]
fn placements_are_read() {
    for (source, expected) in [
        (
            "placement = gpu(1)",
            expect![[r#"
            placement Gpu 1
        "#]],
        ),
        (
            "placement = gpu * n",
            expect![[r#"
            placement Gpu times n
        "#]],
        ),
        (
            "placement = [gpu(0), cpu, any]",
            expect![[r#"
            placement one of (Gpu 0, Cpu, Any)
        "#]],
        ),
        (
            "placement = (gpu, gpu)",
            expect![[r#"
            placement all of (Gpu, Gpu)
        "#]],
        ),
        (
            "placement = gpu(1) { vcus = 0.5, memory = \"1 GiB\" }",
            expect![[r#"
                placement Gpu 1 vcus 0.5 memory "1 GiB"
            "#]],
        ),
        (
            "placement = [gpu * 2 { vcus = 1 }, [cpu]]",
            expect![[r#"
                placement one of (Gpu times 2 vcus 1, one of (Cpu))
            "#]],
        ),
        (
            "placement = near(x)",
            expect![[r#"
            placement near expr(x)
        "#]],
        ),
        (
            "placement = with(t[i - 1])",
            expect![[r#"
            placement with t<i - 1>
        "#]],
        ),
        (
            "placement = with(t).first()",
            expect![[r#"
            placement expr(with(t).first())
        "#]],
        ),
        (
            "placement = if big { here } else { there }",
            expect![[r#"
                placement expr(if big { here } else { there })
            "#]],
        ),
        (
            "placement = near",
            expect![[r#"
            placement expr(near)
        "#]],
        ),
    ] {
        check(source, expected);
    }
}

#[test]
fn bad_placements_are_named() {
    check(
        "placement = gpu[1]",
        expect![[r#"
        P0010: the number of a `gpu` stands in parentheses

          = help: write `gpu(1)`
    "#]],
    );
    check(
        "placement = [any(2), near(), gpu(0, 1), (), gpu { vcsu = 1, memory, vcus = 1, vcus = 1 }]",
        expect![[r#"
            P0010: `any` takes no number

              = help: write `any`, or the number of one device, such as `gpu(1)`
            P0010: `near` takes one task or array

              = help: name the task or the array, `near(task)`
            P0010: `gpu` takes the number of one device

              = help: several devices are alternatives, `[gpu(0), gpu(1)]`
            P0010: a placement without any device

              = help: write `any`, or leave the clause out
            P0007: unknown clause `vcsu`

              = help: did you mean `vcus`?
            P0010: expected `vcus = …` or `memory = …`
            P0007: `vcus` is given twice
              + `vcus` is first given here
        "#]],
    );
}
