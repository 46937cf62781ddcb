//! A blocked Cholesky factorisation, `A = L·Lᵀ`, right-looking, on the tiles on and below the diagonal.

use std::collections::BTreeSet;
use std::sync::Arc;

use nalgebra::DMatrix;
use parla::kernels::{cholesky, gemm, grid_for_tiles};
use parla::ndarray::{Array2, Ix2, s};
use parla::prelude::*;
use parla::{Gpu, LaunchConfig, grid_for};

use crate::cells::Cells;
use crate::machine::{COUNTS, Machine, Versions, gpu};

/// Rows of tiles.
pub(crate) const TILES: usize = 6;
/// The order of a tile.
pub(crate) const B: usize = 8;

/// Devices in rows and columns, over which tiles are dealt out.
pub(crate) fn grid(count: usize) -> (usize, usize) {
    match count {
        1 => (1, 1),
        2 => (2, 1),
        _ => (2, count / 2),
    }
}

fn owner(count: usize, i: usize, j: usize) -> usize {
    let (rows, columns) = grid(count);
    i % rows * columns + j % columns
}

/// Symmetric and positive definite, the same each time.
fn matrix() -> Array2<f64> {
    let n = TILES * B;
    let entry = |i: usize, j: usize| ((i * j) as f64).sin() / 4.0;
    Array2::from_shape_fn((n, n), |(i, j)| {
        entry(i, j) + if i == j { n as f64 } else { 0.0 }
    })
}

fn check(l: &Array2<f64>) {
    let n = TILES * B;
    let a = matrix();
    let a = DMatrix::from_fn(n, n, |i, j| a[[i, j]]);
    let expected = a.cholesky().expect("it is positive definite").unpack();
    for i in 0..n {
        for j in 0..=i {
            let (found, expected) = (l[[i, j]], expected[(i, j)]);
            assert!(
                (found - expected).abs() < 1e-10,
                "{found} at {i}, {j}: {expected}"
            );
        }
    }
}

fn one_block() -> LaunchConfig {
    LaunchConfig::new((1, 1, 1), (B as u32, 1, 1))
}

const N: u32 = B as u32;

fn by_hand(count: usize) -> Array2<f64> {
    let a = Arc::new(matrix());
    let of = |i, j| owner(count, i, j);
    let [load, p, s, u, bring, home] = ["load", "P", "S", "U", "bring", "home"].map(TaskSpace::new);
    let cells = Cells::<(usize, usize)>::new();
    let place = |i: usize, j: usize| s![i * B..(i + 1) * B, j * B..(j + 1) * B];
    for i in 0..TILES {
        for j in 0..=i {
            let (a, cells, device) = (a.clone(), cells.clone(), of(i, j));
            load.task((i, j)).placement(gpu(device)).try_spawn(move || {
                let tile: Vec<f64> = a.slice(place(i, j)).iter().copied().collect();
                cells.put((i, j), device, Gpu::current()?.upload(&tile)?);
                Ok::<_, parla::GpuError>(())
            });
        }
    }
    // The tile after it has been finished, where it was made or on another device.
    let spread = |i: usize, j: usize, users: BTreeSet<usize>| {
        for device in users.into_iter().filter(|it| *it != of(i, j)) {
            let (cells, from) = (cells.clone(), of(i, j));
            let task = bring.task((i, j, device)).placement(gpu(device));
            let task = if i == j {
                task.deps(p.task(j))
            } else {
                task.deps(s.task((i, j)))
            };
            task.try_spawn(move || cells.bring(&Gpu::current()?, (i, j), from, device));
        }
    };
    for k in 0..TILES {
        let (device, tiles) = (of(k, k), cells.clone());
        let task = p.task(k).placement(gpu(device)).deps(load.task((k, k)));
        let task = if k > 0 {
            task.deps(u.task((k, k, k - 1)))
        } else {
            task
        };
        task.try_spawn(move || {
            let gpu = Gpu::current()?;
            let mut info = gpu.zeros::<i32>(1)?;
            tiles.with((k, k), device, |tile| {
                cholesky::dpotrf(&gpu, one_block(), N, tile, N, &mut info)
            })
        });
        spread(k, k, (k + 1..TILES).map(|i| of(i, k)).collect());
        for i in k + 1..TILES {
            let (device, tiles) = (of(i, k), cells.clone());
            let task = s
                .task((i, k))
                .placement(gpu(device))
                .deps(load.task((i, k)));
            let task = if k > 0 {
                task.deps(u.task((i, k, k - 1)))
            } else {
                task
            };
            let task = match device == of(k, k) {
                true => task.deps(p.task(k)),
                false => task.deps(bring.task((k, k, device))),
            };
            task.try_spawn(move || {
                let (gpu, l) = (Gpu::current()?, tiles.get((k, k), device));
                let l = l.lock().expect("no panic under the lock");
                tiles.with((i, k), device, |tile| {
                    cholesky::dtrsm(&gpu, grid_for(B), N, N, &*l, N, tile, N)
                })
            });
            let row = (k + 1..=i).map(|j| of(i, j));
            spread(i, k, row.chain((i..TILES).map(|row| of(row, i))).collect());
        }
        for i in k + 1..TILES {
            for j in k + 1..=i {
                let (device, tiles) = (of(i, j), cells.clone());
                let mut task = u
                    .task((i, j, k))
                    .placement(gpu(device))
                    .deps(load.task((i, j)));
                if k > 0 {
                    task = task.deps(u.task((i, j, k - 1)));
                }
                for row in [i, j] {
                    task = match device == of(row, k) {
                        true => task.deps(s.task((row, k))),
                        false => task.deps(bring.task((row, k, device))),
                    };
                }
                task.try_spawn(move || {
                    let (gpu, left) = (Gpu::current()?, tiles.get((i, k), device));
                    let left = left.lock().expect("no panic under the lock");
                    let shape = grid_for_tiles(N, N);
                    tiles.with((i, j), device, |tile| match i == j {
                        true => gemm::dsyrk(&gpu, shape, N, N, -1.0, &*left, N, 1.0, tile, N),
                        false => {
                            let right = tiles.get((j, k), device);
                            let right = right.lock().expect("no panic under the lock");
                            gemm::dgemm_nt(
                                &gpu, shape, N, N, N, -1.0, &*left, N, &*right, N, 1.0, tile, N,
                            )
                        }
                    })
                });
            }
        }
    }
    let mut l = Array2::zeros((TILES * B, TILES * B));
    let mut results = Vec::new();
    for i in 0..TILES {
        for j in 0..=i {
            let (tiles, device) = (cells.clone(), of(i, j));
            let task = home.task((i, j)).placement(gpu(device));
            let task = if i == j {
                task.deps(p.task(j))
            } else {
                task.deps(s.task((i, j)))
            };
            let task = task.try_spawn(move || {
                let gpu = Gpu::current()?;
                tiles.with((i, j), device, |tile| gpu.download(tile))
            });
            results.push((i, j, task));
        }
    }
    for (i, j, task) in results {
        let tile = task.wait().expect("it ends well").clone();
        let tile = Array2::from_shape_vec((B, B), tile).expect("it is a tile");
        l.slice_mut(place(i, j)).assign(&tile);
    }
    l
}

/// The program in order, with its accesses; the order is theirs.
#[task_graph]
pub(crate) fn declared(a: &PArray<f64, Ix2>, place: impl Fn(usize, usize) -> Placement) {
    let (p, s, u) = (
        TaskSpace::new("P"),
        TaskSpace::new("S"),
        TaskSpace::new("U"),
    );
    let tile = |i: usize, j: usize| a.slice((i * B..(i + 1) * B, j * B..(j + 1) * B));
    for k in 0..TILES {
        #[spawn(p[k], placement = place(k, k), inout = [x = tile(k, k)])]
        move |gpu: &Gpu| -> parla::Result<()> {
            let mut info = gpu.zeros::<i32>(1)?;
            let ld = x.leading_dimension()? as u32;
            Ok(cholesky::dpotrf(
                gpu,
                one_block(),
                N,
                &mut x,
                ld,
                &mut info,
            )?)
        };
        for i in k + 1..TILES {
            #[spawn(s[i, k], placement = place(i, k), input = [l = tile(k, k)], inout = [x = tile(i, k)])]
            move |gpu: &Gpu| -> parla::Result<()> {
                let (of_l, of_x) = (l.leading_dimension()? as u32, x.leading_dimension()? as u32);
                Ok(cholesky::dtrsm(
                    gpu,
                    grid_for(B),
                    N,
                    N,
                    &l,
                    of_l,
                    &mut x,
                    of_x,
                )?)
            };
        }
        for i in k + 1..TILES {
            for j in k + 1..i {
                #[spawn(u[i, j, k], placement = place(i, j), input = [l = tile(i, k), r = tile(j, k)], inout = [x = tile(i, j)])]
                move |gpu: &Gpu| -> parla::Result<()> {
                    let (of_l, of_r) =
                        (l.leading_dimension()? as u32, r.leading_dimension()? as u32);
                    let (shape, of_x) = (grid_for_tiles(N, N), x.leading_dimension()? as u32);
                    Ok(gemm::dgemm_nt(
                        gpu, shape, N, N, N, -1.0, &l, of_l, &r, of_r, 1.0, &mut x, of_x,
                    )?)
                };
            }
            #[spawn(u[i, i, k], placement = place(i, i), input = [l = tile(i, k)], inout = [x = tile(i, i)])]
            move |gpu: &Gpu| -> parla::Result<()> {
                let (of_l, of_x) = (l.leading_dimension()? as u32, x.leading_dimension()? as u32);
                let shape = grid_for_tiles(N, N);
                Ok(gemm::dsyrk(
                    gpu, shape, N, N, -1.0, &l, of_l, 1.0, &mut x, of_x,
                )?)
            };
        }
    }
}

fn automatic(place: impl Fn(usize, usize) -> Placement) -> Array2<f64> {
    let a = PArray::new(matrix()).named("A");
    declared(&a, place);
    a.into_array().wait().expect("all ends well")
}

#[test]
fn three_versions_of_cholesky() {
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
            check(&found);
            moved
        });
        all.push(Versions::new("Cholesky", count, versions));
    }
    Versions::check(&all);
}
