//! Draws what tasks use, for the spawns of a program.

use fastrand::Rng;

use crate::check::tests::random::nudge::spawns;
use crate::check::tests::random::program::{ARRAYS, Access, Dim, Expr, Form, Op, Program, Spawn};

/// Makes `program` one whose accesses don't order tasks, and gives some tasks accesses: in some
/// programs most are in each other's way, in others few.
pub(in crate::check::tests::random) fn accesses(program: &mut Program, rng: &mut Rng) {
    program.is_explicit = true;
    let often = [10, 40, 90][rng.usize(0..3)];
    let wide = [0, 5, 40][rng.usize(0..3)];
    spawns(program, &mut |spawn| {
        while spawn.form != Form::Builder && spawn.accesses.len() < 3 && rng.u32(0..100) < often {
            let access = access(spawn, wide, rng);
            spawn.accesses.push(access);
        }
    });
}

fn access(spawn: &Spawn, wide: u32, rng: &mut Rng) -> Access {
    let (array, axes) = ARRAYS[rng.usize(0..ARRAYS.len())];
    let modes = ["input", "output", "inout", "commute", "reduce"];
    let written = if rng.u32(0..100) < wide {
        0
    } else {
        rng.usize(0..axes + 1)
    };
    Access {
        mode: modes[rng.usize(0..modes.len())],
        array,
        dims: (0..written).map(|_| dim(spawn, wide, rng)).collect(),
    }
}

/// Where a task has indices, mostly a block of its own.
fn dim(spawn: &Spawn, wide: u32, rng: &mut Rng) -> Dim {
    let places = spawn
        .target
        .iter()
        .flat_map(|it| &it.indices)
        .collect::<Vec<_>>();
    let own = match places.is_empty() || rng.u32(0..8) == 0 {
        true => Expr::Literal(rng.i64(0..6)),
        false => places[rng.usize(0..places.len())].clone(),
    };
    let block = |size, by| {
        let first = Expr::binary(Op::Mul, own.clone(), Expr::Literal(size));
        Expr::binary(Op::Add, first, Expr::Literal(by))
    };
    if rng.bool() {
        // An array has no index below.
        return Dim::At(Expr::binary(Op::Mul, own.clone(), own));
    }
    let is_wide = rng.u32(0..100) < wide;
    let size = rng.i64(1..4);
    let start = block(size, if is_wide { rng.i64(-1..1) } else { 0 });
    Dim::Range {
        start: (rng.u32(0..8) > 0).then_some(start),
        end: (rng.u32(0..8) > 0).then(|| block(size, size + i64::from(is_wide))),
        is_inclusive: false,
        step: (rng.u32(0..4) == 0).then(|| rng.i64(1..4)),
    }
}
