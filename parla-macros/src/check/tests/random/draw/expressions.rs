//! Draws what has a value: numbers, conditions, ranges and slices.

use super::Drawer;
use crate::check::tests::random::program::{
    Adapter, Condition, Dim, Expr, Iterator, Name, Op, Tasks,
};

/// A number from what is in scope.
pub(super) fn integer(drawer: &mut Drawer<'_>) -> Expr {
    let names = drawer.numbers();
    let leaf = |drawer: &mut Drawer<'_>| {
        if names.is_empty() || drawer.chance(35) {
            Expr::Literal(drawer.rng.i64(0..8))
        } else {
            // Those of the innermost scopes come first.
            let nearest = drawer.rng.usize(0..names.len().min(3));
            Expr::Name(names[nearest])
        }
    };
    let left = leaf(drawer);
    match drawer.rng.u32(0..12) {
        0..6 => left,
        6..8 => Expr::binary(Op::Add, left, leaf(drawer)),
        8 => Expr::binary(Op::Sub, left, leaf(drawer)),
        9 => {
            let factor = Expr::Literal(drawer.rng.i64(2..5));
            let product = Expr::binary(Op::Mul, left, factor);
            Expr::binary(Op::Add, product, leaf(drawer))
        }
        10 => {
            let sum = Expr::binary(Op::Add, left, leaf(drawer));
            Expr::binary(Op::Rem, sum, Expr::Literal(drawer.rng.i64(2..6)))
        }
        _ => {
            // Rounded towards zero, also below it.
            let left = match drawer.rng.bool() {
                true => left,
                false => Expr::binary(Op::Sub, left, Expr::Literal(drawer.rng.i64(1..4))),
            };
            Expr::binary(Op::Div, left, Expr::Literal(drawer.rng.i64(2..4)))
        }
    }
}

pub(super) fn condition(drawer: &mut Drawer<'_>) -> Condition {
    let simple = |drawer: &mut Drawer<'_>| {
        let left = integer(drawer);
        match drawer.chance(40) {
            true => {
                let modulus = drawer.rng.i64(2..4);
                let rest = Expr::Literal(drawer.rng.i64(0..modulus));
                let left = Expr::binary(Op::Rem, left, Expr::Literal(modulus));
                Condition::Compare("==", left, rest)
            }
            false => {
                let op = drawer.one(&["==", "!=", "<", "<=", ">", ">="]);
                Condition::Compare(op, left, integer(drawer))
            }
        }
    };
    let first = simple(drawer);
    match drawer.rng.u32(0..6) {
        0 => Condition::And(Box::new((first, simple(drawer)))),
        1 => Condition::Or(Box::new((first, simple(drawer)))),
        2 => Condition::Not(Box::new(first)),
        _ => first,
    }
}

pub(super) fn iterator(drawer: &mut Drawer<'_>) -> Iterator {
    if drawer.chance(6) {
        let elements = (0..drawer.rng.usize(0..4)).map(|_| integer(drawer));
        return Iterator::List(elements.collect());
    }
    let first = drawer.rng.i64(-1..4).max(0);
    let (start, end) = match drawer.rng.u32(0..10) {
        0..6 => {
            let end = first + drawer.rng.i64(2..9);
            (Expr::Literal(first), Expr::Literal(end))
        }
        6..8 => (Expr::Literal(first), integer(drawer)),
        8 => (integer(drawer), Expr::Literal(drawer.rng.i64(1..9))),
        _ => (integer(drawer), integer(drawer)),
    };
    let mut adapters = Vec::new();
    while adapters.len() < 3 && drawer.chance(20) {
        adapters.push(match drawer.rng.bool() {
            true => Adapter::Reverse,
            false => Adapter::StepBy(drawer.rng.usize(1..4)),
        });
    }
    Iterator::Range {
        start,
        end,
        is_inclusive: drawer.chance(25),
        adapters,
    }
}

/// A slice with at least one range; only the macros' notation has steps here, and open ranges.
pub(super) fn slice_of(
    drawer: &mut Drawer<'_>,
    space: Name,
    rank: usize,
    is_notation: bool,
) -> Tasks {
    let mut dims: Vec<Dim> = Vec::new();
    for _ in 0..rank {
        dims.push(match drawer.chance(40) && rank > 1 {
            true => Dim::At(integer(drawer)),
            false => range(drawer, is_notation),
        });
    }
    if dims.iter().all(|dim| matches!(dim, Dim::At(_))) {
        dims[0] = range(drawer, is_notation);
    }
    Tasks::Slice { space, dims }
}

fn range(drawer: &mut Drawer<'_>, is_notation: bool) -> Dim {
    let bound = |drawer: &mut Drawer<'_>| match drawer.chance(30) {
        true => Expr::Literal(drawer.rng.i64(-4..10)),
        false => integer(drawer),
    };
    let mut start = (drawer.chance(80) || !is_notation).then(|| bound(drawer));
    let mut end = (drawer.chance(75) || !is_notation).then(|| bound(drawer));
    let step = (is_notation && drawer.chance(35)).then(|| drawer.rng.i64(1..4));
    let step = match step {
        Some(step) if drawer.chance(30) => {
            std::mem::swap(&mut start, &mut end);
            // From the highest task on, longer steps depend on which one that is: what bodies name
            // at times of their own counts.
            Some(if start.is_some() { -step } else { -1 })
        }
        step => step,
    };
    Dim::Range {
        is_inclusive: end.is_some() && drawer.chance(20) && step.is_none_or(|it| it > 0),
        start,
        end,
        step,
    }
}
