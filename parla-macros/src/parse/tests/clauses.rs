//! Targets and clauses.

use expect_test::expect;

use super::check;

#[test]
fn every_clause_is_read() {
    check(
        "t[i, j], deps = [t[i - 1, j], done], placement = gpu, input = [a, b = c.d], vcus = 0.5,
         memory = \"2 GiB\", priority = -1, clone = [x], name = format!(\"{i}\"), crate = ::other::parla,",
        expect![[r#"
            target t<i | j>
            input a
            input b = expr(c.d)
            deps list(t<i - 1 | j>, expr(done))
            placement Gpu
            vcus 0.5
            memory "2 GiB"
            priority -1
            clone [Ident(x)]
            name format !("{i}")
            crate :: other :: parla
        "#]],
    );
}

#[test]
fn nothing_is_an_anonymous_task() {
    check("", expect![""]);
}

#[test]
fn brackets_at_the_end_are_dimensions() {
    check(
        "self.spaces[k][i], deps = [t[a..b; 2, .., ..=j], [u, [v[0]]], vec![a, b], f::<A, B>(x), handles[i].clone(), &h[1], a + b[1]]",
        expect![[r#"
            target self.spaces[k]<i>
            deps list(t<a .. b; 2 | .. | ..= j>, list(expr(u), list(v<0>)), expr(vec ![a, b]), expr(f :: < A, B >(x)), expr(handles[i].clone()), &h<1>, expr(a + b[1]))
        "#]],
    );
}

#[test]
fn one_bad_clause_does_not_hide_the_next() {
    check(
        "t[0], placment = cpu, vcus = , deps = [a b, t[1]], priority = 3 +, name = \"x\"",
        expect![[r#"
            target t<0>
            placement Cpu
            deps list(t<1>)
            name "x"
            P0007: unknown clause `placment`

              = help: did you mean `placement`?
            P0010: `vcus` has no value

              = help: write `vcus = …`, or leave the clause out
            P0010: the value of `deps` can't be read here: unexpected token
            P0010: the value of `priority` can't be read here: unexpected end of input, expected an expression
        "#]],
    );
}

#[test]
fn a_forgotten_comma_is_named() {
    check(
        "t[0] deps = [t[1]] vcus = 0.5",
        expect![[r#"
        target t<0>
        deps list(t<1>)
        vcus 0.5
        P0010: expected `,` before `deps`
        P0010: expected `,` before `vcus`
    "#]],
    );
}

#[test]
fn a_clause_is_given_once() {
    check(
        "t[0], vcus = 0.5, vcus = 0.25",
        expect![[r#"
            target t<0>
            vcus 0.5
            P0007: `vcus` is given twice

              = help: leave one of the two out
              + `vcus` is first given here
        "#]],
    );
    check(
        "input = [a, a = b], clone = [c, c]",
        expect![[r#"
            input a
            clone [Ident(c)]
            P0007: the name `a` is given twice

              = help: rename one of the two, `other = b`
              + `a` is first given here
            P0007: `c` is given twice
              + `c` is first given here
        "#]],
    );
}

#[test]
fn an_unknown_clause_stands_for_the_one_that_was_meant() {
    check(
        "imput = [a]",
        expect![[r#"
        input a
        P0007: unknown clause `imput`

          = help: did you mean `input`?
    "#]],
    );
    check(
        "frobnicate = 1",
        expect![[r#"
            P0007: unknown clause `frobnicate`

              = help: the clauses are `deps`, `placement`, `input`, `output`, `inout`, `commute`, `reduce`, `vcus`, `memory`, `priority`, `clone`, `name` and `crate`
        "#]],
    );
    check(
        "inputs = [a], input = [b]",
        expect![[r#"
            input a
            P0007: unknown clause `inputs`

              = help: did you mean `input`?
            P0007: `input` is given twice

              = help: put all of it into one, `input = [a, b]`
              + `input` is first given here
        "#]],
    );
}

#[test]
fn planned_clauses_say_so() {
    check(
        "output = [a], inout = [b], retries = 3, timeout = x",
        expect![[r#"
            output a
            inout b
            P0010: `retries` is not in this version yet

              = help: leave it out
            P0010: `timeout` is not in this version yet

              = help: leave it out
        "#]],
    );
}

#[test]
fn what_is_no_clause_is_named() {
    check(
        "t[0], cpu, t[1], deps([a])",
        expect![[r#"
        target t<0>
        P0010: expected a clause, `name = value`

          = help: did you mean `placement = cpu`?
        P0010: expected a clause, `name = value`

          = help: tasks to wait for stand in `deps = […]`
        P0010: expected a clause, `name = value`

          = help: write `deps = …`
    "#]],
    );
    check(
        "deps = [a], t[1]",
        expect![[r#"
        deps list(expr(a))
        P0010: expected a clause, `name = value`

          = help: the target stands before all clauses
    "#]],
    );
    check(
        "gpu",
        expect![[r#"
        P0010: expected a clause, `name = value`

          = help: did you mean `placement = gpu`?
    "#]],
    );
    check(
        "input = [t[0], x = ], clone = [a.b], crate = 3",
        expect![[r#"
            input t = t<0>
            clone []
            P0010: `x` has no value
            P0010: an element of `clone` is a variable

              = help: bind the value to a variable first, and name that
            P0010: `crate` takes the path of Parla's crate

              = help: write a path, such as `crate = ::parla`
        "#]],
    );
}
