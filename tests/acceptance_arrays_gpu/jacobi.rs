//! Jacobi steps on blocks of rows, which need a row of each neighbour: a halo.

use std::ops::Range;

use parla::kernels::stencil;
use parla::ndarray::{Array2, Ix2, s};
use parla::prelude::*;
use parla::{Gpu, grid_for_2d};

use crate::cells::Cells;
use crate::machine::{COUNTS, Machine, Versions, gpu};

pub(crate) const BLOCKS: usize = 8;
/// Rows of a block.
const ROWS: usize = 6;
const COLUMNS: usize = 40;
pub(crate) const STEPS: usize = 6;

fn rows(block: usize) -> Range<usize> {
    block * ROWS..(block + 1) * ROWS
}

/// With those of the neighbours that a step needs.
fn with_halo(block: usize) -> Range<usize> {
    let rows = rows(block);
    rows.start.saturating_sub(1)..(rows.end + 1).min(BLOCKS * ROWS)
}

fn owner(count: usize, block: usize) -> usize {
    block * count / BLOCKS
}

pub(crate) fn initial() -> Array2<f64> {
    let value = |(i, j): (usize, usize)| ((i * 31 + j * 17) % 23) as f64;
    Array2::from_shape_fn((BLOCKS * ROWS, COLUMNS), value)
}

pub(crate) fn on_host() -> Array2<f64> {
    let mut x = initial();
    for _ in 0..STEPS {
        let mut next = x.clone();
        for i in 1..BLOCKS * ROWS - 1 {
            for j in 1..COLUMNS - 1 {
                next[[i, j]] =
                    (x[[i - 1, j]] + x[[i + 1, j]] + x[[i, j - 1]] + x[[i, j + 1]]) * 0.25;
            }
        }
        x = next;
    }
    x
}

/// A step on a block with its halo, whose rows begin at `first` of all; the block itself goes to
/// `rows` of `to`.
macro_rules! step {
    ($gpu:expr, $block:expr, $from:expr, $to:expr) => {{
        let (own, all) = (rows($block), with_halo($block));
        let mut next = $gpu.alloc::<f64>(all.len() * COLUMNS)?;
        let (height, width) = (all.len() as u32, COLUMNS as u32);
        let shape = grid_for_2d(COLUMNS, all.len());
        stencil::jacobi_f64($gpu, shape, height, width, $from, &mut next)?;
        let first = (own.start - all.start) * COLUMNS;
        $gpu.copy(&next.slice(first..first + ROWS * COLUMNS), $to)?;
    }};
}

/// What a block, or the first or last row of one, is called in the version by hand: step, block, and
/// which it is.
type Key = (usize, usize, Part);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Block,
    First,
    Last,
}

/// Each block stays on its device. The rows that another device needs go there after each step.
fn by_hand(count: usize) -> Array2<f64> {
    let of = |block| owner(count, block);
    let [load, step, first, last, home] =
        ["load", "step", "first", "last", "home"].map(TaskSpace::new);
    let cells = Cells::<Key>::new();
    let start = initial();
    for block in 0..BLOCKS {
        let device = of(block);
        let on_another = |other: usize| of(other) != device;
        // From the host come also the rows that are on no other block of the device.
        let from = |it: Range<usize>| start.slice(s![it, ..]).iter().copied().collect::<Vec<_>>();
        let (own, mut parts) = (
            rows(block),
            vec![((0, block, Part::Block), from(rows(block)))],
        );
        if block > 0 && on_another(block - 1) {
            parts.push(((0, block - 1, Part::Last), from(own.start - 1..own.start)));
        }
        if block + 1 < BLOCKS && on_another(block + 1) {
            parts.push(((0, block + 1, Part::First), from(own.end..own.end + 1)));
        }
        let cells = cells.clone();
        load.task(block).placement(gpu(device)).try_spawn(move || {
            let gpu = Gpu::current()?;
            for (key, part) in parts {
                cells.put(key, device, gpu.upload(&part)?);
            }
            Ok::<_, parla::GpuError>(())
        });
    }
    for n in 0..STEPS {
        for block in 0..BLOCKS {
            let (device, tiles) = (of(block), cells.clone());
            let above = block.checked_sub(1);
            let below = Some(block + 1).filter(|it| *it < BLOCKS);
            let mut task = step.task((n, block)).placement(gpu(device));
            for (other, rows) in [(above, &last), (Some(block), &step), (below, &first)] {
                let Some(other) = other else { continue };
                task = match n.checked_sub(1) {
                    None => task.deps(load.task(if of(other) == device { other } else { block })),
                    Some(n) if of(other) == device => task.deps(step.task((n, other))),
                    Some(n) => task.deps(rows.task((n, other))),
                };
            }
            task.try_spawn(move || {
                let gpu = &Gpu::current()?;
                let all = with_halo(block);
                let mut from = gpu.alloc::<f64>(all.len() * COLUMNS)?;
                let mut next = gpu.alloc::<f64>(ROWS * COLUMNS)?;
                let row = |part| {
                    if part == Part::First {
                        0
                    } else {
                        (ROWS - 1) * COLUMNS
                    }
                };
                let own = rows(block).start - all.start;
                let mut put = |place: usize, other: usize, part: Part| {
                    let to = &mut from.slice_mut(place * COLUMNS..);
                    let len = if part == Part::Block { ROWS } else { 1 } * COLUMNS;
                    let mut to = to.slice_mut(..len);
                    if owner(count, other) == device {
                        let start = if part == Part::Block { 0 } else { row(part) };
                        tiles.with((n, other, Part::Block), device, |it| {
                            gpu.copy(&it.slice(start..start + len), &mut to)
                        })
                    } else {
                        tiles.with((n, other, part), device, |it| gpu.copy(&*it, &mut to))
                    }
                };
                put(own, block, Part::Block)?;
                if let Some(above) = above {
                    put(0, above, Part::Last)?;
                }
                if let Some(below) = below {
                    put(own + ROWS, below, Part::First)?;
                }
                step!(gpu, block, &from, &mut next);
                tiles.put((n + 1, block, Part::Block), device, next);
                Ok::<_, parla::GpuError>(())
            });
            if n + 1 == STEPS {
                continue;
            }
            for (other, part, space) in [(above, Part::First, &first), (below, Part::Last, &last)] {
                let Some(to) = other.map(of).filter(|it| *it != device) else {
                    continue;
                };
                let tiles = cells.clone();
                let task = space
                    .task((n, block))
                    .placement(gpu(to))
                    .deps(step.task((n, block)));
                task.try_spawn(move || {
                    let gpu = Gpu::current()?;
                    let mut row = gpu.alloc::<f64>(COLUMNS)?;
                    let start = if part == Part::First {
                        0
                    } else {
                        (ROWS - 1) * COLUMNS
                    };
                    tiles.with((n + 1, block, Part::Block), device, |it| {
                        gpu.copy(&it.slice(start..start + COLUMNS), &mut row)
                    })?;
                    tiles.put((n + 1, block, part), to, row);
                    Ok::<_, parla::GpuError>(())
                });
            }
        }
    }
    let results: Vec<_> = (0..BLOCKS)
        .map(|block| {
            let (tiles, device) = (cells.clone(), of(block));
            let task = home.task(block).placement(gpu(device));
            let task = task.deps(step.task((STEPS - 1, block)));
            task.try_spawn(move || {
                let gpu = Gpu::current()?;
                tiles.with((STEPS, block, Part::Block), device, |it| gpu.download(it))
            })
        })
        .collect();
    let blocks = results
        .iter()
        .map(|it| it.wait().expect("it ends well").clone());
    let all: Vec<f64> = blocks.flatten().collect();
    Array2::from_shape_vec((BLOCKS * ROWS, COLUMNS), all).expect("it is the grid")
}

/// The program in order, with its accesses.
#[task_graph]
pub(crate) fn declared(
    x: &PArray<f64, Ix2>,
    y: &PArray<f64, Ix2>,
    steps: usize,
    place: impl Fn(usize) -> Placement,
) {
    let j = TaskSpace::new("J");
    for n in 0..steps {
        let (from, to) = if n % 2 == 0 { (x, y) } else { (y, x) };
        for b in 0..BLOCKS {
            #[spawn(
                j[n, b],
                placement = place(b),
                memory = "2560 B",
                input = [old = from.slice(with_halo(b))],
                output = [new = to.slice(rows(b))],
            )]
            move |gpu: &Gpu| -> parla::Result<()> {
                step!(gpu, b, &old, &mut new);
                Ok(())
            };
        }
    }
}

pub(crate) fn automatic(place: impl Fn(usize) -> Placement) -> Array2<f64> {
    let (x, y) = (
        PArray::new(initial()).named("x"),
        PArray::new(initial()).named("y"),
    );
    declared(&x, &y, STEPS, place);
    let last = if STEPS.is_multiple_of(2) { x } else { y };
    last.into_array().wait().expect("all ends well")
}

#[test]
fn three_versions_of_jacobi() {
    let mut all = Vec::new();
    for count in COUNTS {
        let machine = Machine::new(count);
        crate::common::note(format!("with {count} GPUs"));
        let versions = [
            machine.measure(|| by_hand(count)),
            machine.measure(|| automatic(|block| gpu(owner(count, block)))),
            machine.measure(|| automatic(|_| Placement::gpu())),
        ];
        let versions = versions.map(|(found, moved)| {
            assert_eq!(found, on_host());
            moved
        });
        all.push(Versions::new("Jacobi with halos", count, versions));
    }
    Versions::check(&all);
}
