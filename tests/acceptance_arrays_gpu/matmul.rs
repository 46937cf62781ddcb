//! `C = A·B` in tiles.

use std::sync::Arc;

use parla::kernels::{gemm, grid_for_tiles};
use parla::ndarray::{Array2, Ix2, s};
use parla::prelude::*;
use parla::{DeviceView, DeviceViewMut, Gpu};

use crate::cells::Cells;
use crate::cholesky::grid;
use crate::machine::{COUNTS, Machine, Versions, gpu};

/// Rows and columns of tiles.
pub(crate) const TILES: usize = 4;
/// The order of a tile.
const B: usize = 8;

fn owner(count: usize, i: usize, j: usize) -> usize {
    let (rows, columns) = grid(count);
    i % rows * columns + j % columns
}

fn matrices() -> [Array2<f64>; 2] {
    [(7, 11), (5, 13)].map(|(factor, modulus)| {
        let entry = |(i, j): (usize, usize)| ((i * 3 + j * factor) % modulus) as f64 - 5.0;
        Array2::from_shape_fn((TILES * B, TILES * B), entry)
    })
}

fn place(
    i: usize,
    j: usize,
) -> parla::ndarray::SliceInfo<[parla::ndarray::SliceInfoElem; 2], Ix2, Ix2> {
    s![i * B..(i + 1) * B, j * B..(j + 1) * B]
}

const N: u32 = B as u32;

/// Each tile goes once to each device that needs it.
fn by_hand(count: usize) -> Array2<f64> {
    let of = |i, j| owner(count, i, j);
    let [load, m, home] = ["load", "M", "home"].map(TaskSpace::new);
    let operands = matrices().map(Arc::new);
    // Of which operand, which tile.
    let cells = Cells::<(usize, usize, usize)>::new();
    let mut loaded = std::collections::BTreeSet::new();
    for (i, j) in (0..TILES * TILES).map(|at| (at / TILES, at % TILES)) {
        let device = of(i, j);
        for k in 0..TILES {
            for key @ (operand, row, column) in [(0, i, k), (1, k, j)] {
                if loaded.insert((key, device)) {
                    let (matrix, cells) = (operands[operand].clone(), cells.clone());
                    let task = load
                        .task((operand, row, column, device))
                        .placement(gpu(device));
                    task.try_spawn(move || {
                        let tile = matrix
                            .slice(place(row, column))
                            .iter()
                            .copied()
                            .collect::<Vec<_>>();
                        cells.put(key, device, Gpu::current()?.upload(&tile)?);
                        Ok::<_, parla::GpuError>(())
                    });
                }
            }
            let tiles = cells.clone();
            let task = m.task((i, j, k)).placement(gpu(device));
            let task = task
                .deps(load.task((0, i, k, device)))
                .deps(load.task((1, k, j, device)));
            let task = if k > 0 {
                task.deps(m.task((i, j, k - 1)))
            } else {
                task
            };
            task.try_spawn(move || {
                let gpu = Gpu::current()?;
                if k == 0 {
                    tiles.put((2, i, j), device, gpu.zeros(B * B)?);
                }
                let (a, b) = (tiles.get((0, i, k), device), tiles.get((1, k, j), device));
                let (a, b) = (a.lock().expect("no panic"), b.lock().expect("no panic"));
                let shape = grid_for_tiles(N, N);
                tiles.with((2, i, j), device, |c| {
                    gemm::dgemm(&gpu, shape, N, N, N, 1.0, &*a, N, &*b, N, 1.0, c, N)
                })
            });
        }
    }
    let mut c = Array2::zeros((TILES * B, TILES * B));
    let tasks = (0..TILES * TILES).map(|at| {
        let (i, j, tiles) = (at / TILES, at % TILES, cells.clone());
        let device = of(i, j);
        let task = home.task((i, j)).placement(gpu(device));
        let task = task.deps(m.task((i, j, TILES - 1))).try_spawn(move || {
            let gpu = Gpu::current()?;
            tiles.with((2, i, j), device, |tile| gpu.download(tile))
        });
        (i, j, task)
    });
    for (i, j, task) in tasks.collect::<Vec<_>>() {
        let tile = task.wait().expect("it ends well").clone();
        let tile = Array2::from_shape_vec((B, B), tile).expect("it is a tile");
        c.slice_mut(place(i, j)).assign(&tile);
    }
    c
}

type Tile<'a> = DeviceView<'a, f64, Ix2>;

fn multiply(
    gpu: &Gpu,
    a: &Tile<'_>,
    b: &Tile<'_>,
    beta: f64,
    c: &mut DeviceViewMut<'_, f64, Ix2>,
) -> parla::Result<()> {
    let [of_a, of_b] = [a.leading_dimension()? as u32, b.leading_dimension()? as u32];
    let (shape, of_c) = (grid_for_tiles(N, N), c.leading_dimension()? as u32);
    Ok(gemm::dgemm(
        gpu, shape, N, N, N, 1.0, a, of_a, b, of_b, beta, c, of_c,
    )?)
}

/// The program in order, with its accesses.
#[task_graph]
pub(crate) fn declared(
    a: &PArray<f64, Ix2>,
    b: &PArray<f64, Ix2>,
    c: &PArray<f64, Ix2>,
    place: impl Fn(usize, usize) -> Placement,
) {
    let m = TaskSpace::new("M");
    let tile = |of: &PArray<f64, Ix2>, i: usize, j: usize| {
        of.slice((i * B..(i + 1) * B, j * B..(j + 1) * B))
    };
    for i in 0..TILES {
        for j in 0..TILES {
            #[spawn(
                m[i, j, 0],
                placement = place(i, j),
                input = [x = tile(a, i, 0), y = tile(b, 0, j)],
                output = [z = tile(c, i, j)],
            )]
            move |gpu: &Gpu| multiply(gpu, &x, &y, 0.0, &mut z);
            for k in 1..TILES {
                #[spawn(
                    m[i, j, k],
                    placement = place(i, j),
                    input = [x = tile(a, i, k), y = tile(b, k, j)],
                    inout = [z = tile(c, i, j)],
                )]
                move |gpu: &Gpu| multiply(gpu, &x, &y, 1.0, &mut z);
            }
        }
    }
}

pub(crate) fn automatic(place: impl Fn(usize, usize) -> Placement) -> Array2<f64> {
    let [a, b] = matrices().map(PArray::new);
    let c = PArray::zeros((TILES * B, TILES * B));
    declared(&a, &b, &c, place);
    c.into_array().wait().expect("all ends well")
}

pub(crate) fn on_host() -> Array2<f64> {
    let [a, b] = matrices();
    a.dot(&b)
}

#[test]
fn three_versions_of_a_product_of_matrices() {
    let mut all = Vec::new();
    for count in COUNTS {
        let machine = Machine::new(count);
        crate::common::note(format!("with {count} GPUs"));
        let versions = [
            machine.measure(|| by_hand(count)),
            machine.measure(|| automatic(|i, j| gpu(owner(count, i, j)))),
            machine.measure(|| automatic(|_, _| Placement::gpu())),
        ];
        let versions = versions.map(|(found, moved)| {
            assert_eq!(found, on_host());
            moved
        });
        all.push(Versions::new("product of matrices", count, versions));
    }
    Versions::check(&all);
}
