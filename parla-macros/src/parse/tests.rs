//! What is read of a clause list, and what is said of what can't be read.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;

use super::keywords::{self, CLAUSES};
use super::split::chunks;
use super::{Binding, Core, Element, Placement, SpawnArgs, Value};
use crate::diag::{Diagnostics, shown};

/// Reads `source` as the arguments of a spawn, and prints what was read and what was not.
fn check(source: &str, expected: Expect) {
    let mut diag = Diagnostics::new();
    let args = SpawnArgs::parse(tokens(source), &mut diag);
    let mut lines: Vec<String> = args
        .target
        .iter()
        .map(|it| format!("target {}", element(it)))
        .collect();
    lines.extend(args.clauses.iter().map(value));
    lines.extend(diag.texts());
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

fn tokens(source: &str) -> TokenStream {
    source
        .parse()
        .expect("the source of a test has balanced brackets")
}

fn element(element: &Element) -> String {
    match element {
        Element::List(list) => {
            format!(
                "list({})",
                list.iter()
                    .map(self::element)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Element::Selection(it) => {
            let dim = |dim: &super::Dim| {
                let step = dim.step.as_ref().map(|it| format!("; {}", shown(it)));
                shown(&dim.value) + &step.unwrap_or_default()
            };
            let dims: Vec<_> = it.dims.iter().map(dim).collect();
            format!("{}<{}>", shown(&it.base), dims.join(" | "))
        }
        Element::Expr(expr) => format!("expr({})", shown(expr)),
    }
}

fn placement(it: &Placement) -> String {
    let places = |places: &[Placement]| places.iter().map(placement).collect::<Vec<_>>().join(", ");
    let core = match &it.core {
        Core::Device {
            keyword,
            number: None,
            ..
        } => format!("{keyword:?}"),
        Core::Device {
            keyword,
            number: Some(number),
            ..
        } => format!("{keyword:?} {}", shown(number)),
        Core::Near { operand, .. } => format!("near {}", element(operand)),
        Core::With { operand, .. } => format!("with {}", element(operand)),
        Core::Alternatives { places: all, .. } => format!("one of ({})", places(all)),
        Core::Set { places: all, .. } => format!("all of ({})", places(all)),
        Core::Expr(expr) => format!("expr({})", shown(expr)),
    };
    let times = it
        .times
        .as_ref()
        .map(|it| format!(" times {}", shown(it)))
        .unwrap_or_default();
    let shares = it
        .shares
        .iter()
        .map(|it| format!(" {} {}", it.name, shown(&it.value)));
    core + &times + &shares.collect::<String>()
}

fn value(value: &Value) -> String {
    let binding = |it: &Binding| match &it.value {
        Some(value) => format!("{} = {}", it.name, shown(value)),
        None => it.name.to_string(),
    };
    match value {
        Value::Deps(it) => format!("deps {}", element(it)),
        Value::Placement(it) => format!("placement {}", placement(it)),
        Value::Input(all) => {
            format!(
                "input {}",
                all.iter().map(binding).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Clone(names) => format!("clone {names:?}"),
        Value::Vcus(expr) => format!("vcus {}", shown(expr)),
        Value::Memory(expr) => format!("memory {}", shown(expr)),
        Value::Priority(expr) => format!("priority {}", shown(expr)),
        Value::Name(expr) => format!("name {}", shown(expr)),
        Value::Crate(path) => format!("crate {}", shown(path)),
    }
}

#[test]
fn every_clause_is_read() {
    check(
        "t[i, j], deps = [t[i - 1, j], done], placement = gpu, input = [a, b = c.d], vcus = 0.5,
         memory = \"2 GiB\", priority = -1, clone = [x], name = format!(\"{i}\"), crate = ::other::parla,",
        expect![[r#"
            target t<i | j>
            deps list(t<i - 1 | j>, expr(done))
            placement Gpu
            input a, b = c.d
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
    check(
        "",
        expect![[r#"

        "#]],
    );
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
          + `vcus` is first given here
    "#]],
    );
    check(
        "input = [a, a = b], clone = [c, c]",
        expect![[r#"
        input a
        clone [Ident(c)]
        P0007: the name `a` is given twice

          = help: rename one of the two, `other = a`
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

          = help: the clauses are `deps`, `placement`, `input`, `vcus`, `memory`, `priority`, `clone`, `name` and `crate`
    "#]],
    );
    check(
        "inputs = [a], input = [b]",
        expect![[r#"
        input a
        P0007: unknown clause `inputs`

          = help: did you mean `input`?
        P0007: `input` is given twice
          + `input` is first given here
    "#]],
    );
}

#[test]
fn planned_clauses_say_so() {
    check(
        "output = [a], inout = [b], retries = 3, timeout = x",
        expect![[r#"
            P0010: `output` needs PArrays, which this version does not have yet

              = help: return the result from the body, and read it with `input = [task]`
            P0010: `inout` needs PArrays, which this version does not have yet

              = help: return the result from the body, and read it with `input = [task]`
            P0010: `retries` is not in this version yet
            P0010: `timeout` is not in this version yet
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
            input 
            clone []
            P0010: an element of `input` needs a name

              = help: write `name = t[0]`; the body reads it as `name`
            P0010: `x` has no value
            P0010: an element of `clone` is a variable

              = help: bind the value to a variable first, and name that
            P0010: `crate` takes the path of Parla's crate

              = help: write a path, such as `crate = ::parla`
        "#]],
    );
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
            P0010: `near` takes an array, `near(x)`

              = help: several are alternatives, `[near(a), near(b)]`
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

#[test]
fn commas_in_a_turbofish_do_not_cut() {
    let cut = |source: &str| chunks(tokens(source)).len();
    assert_eq!(cut("f::<A, B>(x), y"), 2);
    assert_eq!(cut("f::<A, fn(B) -> C>(x), y"), 2);
    assert_eq!(cut("a < b, c > d"), 2);
    assert_eq!(cut("f::<Vec<A>, B>(x), y,"), 2);
    assert_eq!(cut(""), 0);
}

#[test]
fn the_nearest_word_is_offered() {
    let nearest = |word| keywords::nearest(word, CLAUSES);
    assert_eq!(nearest("placment"), Some("placement"));
    assert_eq!(nearest("dpes"), Some("deps"));
    assert_eq!(nearest("Memory"), Some("memory"));
    assert_eq!(nearest("vcu"), Some("vcus"));
    assert_eq!(
        nearest("depends_on"),
        Some("deps"),
        "a word of other systems"
    );
    assert_eq!(nearest("threads"), None, "an option of another attribute");
    assert_eq!(nearest("x"), None);
    assert_eq!(nearest("frobnicate"), None);
}

#[test]
fn a_swap_of_neighbours_is_one_step() {
    assert_eq!(keywords::distance("deps", "deps"), 0);
    assert_eq!(keywords::distance("dpes", "deps"), 1);
    assert_eq!(keywords::distance("", "deps"), 4);
    assert_eq!(keywords::distance("deps", "input"), 4);
}
