//! What bodies read and write.

use expect_test::expect;

use super::check;

#[test]
fn elements_are_variables_expressions_and_regions() {
    check(
        "input = [a, b = f(x)[1], x[0..n, j], y = self.y[.., 1..; 2]], output = c, inout = d[0..4], commute = [e = &e], reduce = [g]",
        expect![[r#"
            input a
            input b = f(x)<1>
            input x = x<0 .. n | j>
            input y = self.y<.. | 1 ..; 2>
            output c
            inout d = d<0 .. 4>
            commute e = expr(&e)
            reduce g
        "#]],
    );
}

#[test]
fn a_name_stands_once_in_all_clauses() {
    check(
        "input = [a, b], output = [a], inout = [b = c, a[0]]",
        expect![[r#"
            input a
            input b
            P0007: the name `a` is given twice

              = help: what is read and written stands in one clause, `inout = [a]`
              + `a` is first given here
            P0007: the name `b` is given twice

              = help: rename one of the two, `other = c`
              + `b` is first given here
            P0007: the name `a` is given twice

              = help: rename one of the two, `other = a[0]`
              + `a` is first given here
        "#]],
    );
}

#[test]
fn elements_without_a_name_are_left_out() {
    check(
        "input = [self, self.x, f(), x[0][1], x[1; 2; 3], _, a = [b, c], d = , e]",
        expect![[r#"
            input e
            P0010: an element of `input` needs a name

              = help: write `name = self`; the body uses it as `name`
            P0010: an element of `input` needs a name

              = help: write `name = self.x`; the body uses it as `name`
            P0010: an element of `input` needs a name

              = help: write `name = f()`; the body uses it as `name`
            P0010: an element of `input` needs a name

              = help: write `name = x[0][1]`; the body uses it as `name`
            P0004: a slice has one step, `a..b; step`
            P0010: an element of `input` needs a name

              = help: write `name = _`; the body uses it as `name`
            P0010: the value of `a` is a list

              = help: give each of them a name of its own
            P0010: `d` has no value
        "#]],
    );
}

#[test]
fn words_of_other_systems_are_recognised() {
    check(
        "reads = [a], modifies = [b], reduction = [c], rw = [d]",
        expect![[r#"
        input a
        inout b
        reduce c
        P0007: unknown clause `reads`

          = help: did you mean `input`?
        P0007: unknown clause `modifies`

          = help: did you mean `inout`?
        P0007: unknown clause `reduction`

          = help: did you mean `reduce`?
        P0007: unknown clause `rw`

          = help: did you mean `inout`?
    "#]],
    );
}

#[test]
fn keywords_are_no_names() {
    check(
        "clone = [while, _, a], input = [static, type = x, b]",
        expect![[r#"
            input b
            clone [Ident(a)]
            P0010: an element of `clone` is a variable

              = help: bind the value to a variable first, and name that
            P0010: an element of `clone` is a variable

              = help: bind the value to a variable first, and name that
            P0010: an element of `input` needs a name

              = help: write `name = static`; the body uses it as `name`
            P0010: `type` is not a name for a variable

              = help: write another name, as in `data = x`
        "#]],
    );
}
