//! Tasks on GPUs, from the macros to the kernels. They run on simulated GPUs, and unchanged on real
//! ones.

mod common;
#[path = "common/gpus.rs"]
mod gpus;

use std::sync::{Arc, Mutex};

use parla::kernels::{blas, gemm};
use parla::prelude::*;
use parla::{
    Argument, DeviceBuffer, DeviceId, DeviceKind, DeviceSlice, DeviceSliceMut, Gpu, GpuErrorKind,
    TaskErrorKind, current_devices, grid_for,
};

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| i as f32).collect()
}

#[task]
fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[variant(axpy, gpu)]
fn axpy_gpu(
    gpu: &Gpu,
    a: f32,
    x: &DeviceSlice<'_, f32>,
    y: &mut DeviceSliceMut<'_, f32>,
) -> parla::Result<()> {
    let n = u32::try_from(y.len()).map_err(parla::Error::other)?;
    blas::saxpy(gpu, grid_for(y.len()), n, a, x, y)?;
    Ok(())
}

/// Where it runs tells which of its bodies did.
#[task]
fn kind() -> &'static str {
    "function"
}

#[variant(kind, gpu)]
fn kind_gpu() -> &'static str {
    "variant"
}

#[task_graph]
fn both_ways<'a>(t: &TaskSpace<'a>, x: &'a [f32], on_cpu: &'a mut [f32], on_gpu: &'a mut Vec<f32>) {
    #[spawn(t[0], placement = cpu)]
    axpy(2.0, x, on_cpu);
    #[spawn(t[1], placement = gpu)]
    axpy(2.0, x, on_gpu);
}

#[test]
fn a_task_function_runs_its_variant_on_a_gpu_and_itself_on_the_host() {
    gpus::on_each(|builder, _| {
        let runtime = common::build(builder);
        runtime
            .run(|| {
                let x = numbers(1000);
                let (mut on_cpu, mut on_gpu) = (vec![1.0_f32; 1000], vec![1.0_f32; 1000]);
                parla::scope(|s| both_ways(&s.task_space("T"), &x, &mut on_cpu, &mut on_gpu))
                    .expect("all ends well");
                let expected: Vec<_> = x.iter().map(|x| 1.0 + 2.0 * x).collect();
                assert_eq!(on_cpu, expected);
                assert_eq!(on_gpu, expected);
            })
            .expect("all ends well");
    });
}

#[parla::test(sim_gpus = 2)]
async fn a_call_that_may_run_anywhere_takes_the_body_of_its_device() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    for i in 0..20 {
        let here = #[spawn(t[i, 0], placement = [cpu, gpu])]
        kind();
        let host = #[spawn(t[i, 1], placement = cpu)]
        kind();
        let device = #[spawn(t[i, 2], placement = gpu)]
        kind();
        assert!(["function", "variant"].contains(&here.await?));
        assert_eq!((host.await?, device.await?), ("function", "variant"));
    }
    Ok(())
}

#[parla::test(sim_gpus = 1)]
async fn functions_and_closures_may_take_the_gpu() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = gpu)]
    fn made(gpu: &Gpu) -> parla::Result<DeviceBuffer<f32>> {
        let mut x = gpu.upload(&numbers(500))?;
        blas::sscal(gpu, grid_for(x.len()), 500, 3.0, &mut x)?;
        Ok(x)
    }
    let sum = #[spawn(t[1], input = [made], placement = gpu)]
    move |gpu: &Gpu| -> parla::Result<f32> { Ok(gpu.download(made)?.iter().sum()) };
    assert_eq!(sum.await?, 3.0 * 499.0 * 250.0);
    Ok(())
}

#[test]
fn a_set_of_gpus_gives_a_handle_on_each() {
    gpus::on(2, |builder, _| {
        let runtime = common::build(builder);
        runtime
            .run(|| {
                #[spawn(placement = gpu * 2)]
                fn both(gpus: &[Gpu]) -> parla::Result<Vec<f32>> {
                    let [first, second] = gpus else {
                        return Err(parla::Error::other("there are two"));
                    };
                    let there = first.upload(&numbers(100))?;
                    let mut here = second.alloc::<f32>(100)?;
                    second.copy(&there, &mut here)?;
                    blas::sscal(second, grid_for(100), 100, 2.0, &mut here)?;
                    Ok(second.download(&here)?)
                }
                let expected: Vec<_> = numbers(100).iter().map(|x| 2.0 * x).collect();
                assert_eq!(both.wait().expect("it runs"), &expected);
            })
            .expect("all ends well");
    });
}

/// A result on one GPU is read on others and on the host, in a graph that nobody orders but by what
/// is passed on.
#[test]
fn results_are_passed_on_between_gpus_and_the_host() {
    gpus::on_each(|builder, count| {
        let runtime = common::build(builder);
        runtime
            .run(|| {
                let t = TaskSpace::new("T");
                let at = |i: usize| Placement::from(DeviceId::new(DeviceKind::Gpu, i % count));
                let mut last = t.task(0).placement(at(0)).try_spawn(|| {
                    let gpu = Gpu::current()?;
                    gpu.upload(&numbers(300))
                });
                for i in 1..=12_usize {
                    let (place, before) = t.task(i).placement(at(i)).input(&last);
                    last = place.try_spawn(move || {
                        let gpu = Gpu::current()?;
                        let mut x = gpu.alloc::<f32>(300)?;
                        gpu.copy(before.get(), &mut x)?;
                        blas::sscal(&gpu, grid_for(300), 300, 2.0, &mut x)?;
                        Ok::<_, parla::GpuError>(x)
                    });
                }
                let (place, end) = t.task(13).placement(at(0)).input(&last);
                let host = place.try_spawn(move || Gpu::current()?.download(end.get()));
                let expected: Vec<_> = numbers(300).iter().map(|x| 4096.0 * x).collect();
                assert_eq!(host.wait().expect("it runs"), &expected);
            })
            .expect("all ends well");
    });
}

/// Tiles of a product, wherever there is room.
#[test]
fn a_product_of_matrices_in_tiles_is_that_of_the_host() {
    const N: usize = 64;
    const TILE: usize = 32;
    gpus::on_each(|builder, _| {
        let runtime = common::build(builder);
        let a: Vec<f64> = (0..N * N).map(|i| ((i * 7) % 11) as f64 - 5.0).collect();
        let b: Vec<f64> = (0..N * N).map(|i| ((i * 5) % 13) as f64 - 6.0).collect();
        let c = Arc::new(Mutex::new(vec![0.0_f64; N * N]));
        runtime
            .run(|| {
                let t = TaskSpace::new("C");
                for row in 0..N / TILE {
                    for column in 0..N / TILE {
                        let rows = a[row * TILE * N..(row + 1) * TILE * N].to_vec();
                        let columns: Vec<f64> = (0..N)
                            .flat_map(|k| &b[k * N + column * TILE..k * N + (column + 1) * TILE])
                            .copied()
                            .collect();
                        let c = c.clone();
                        #[spawn(t[row, column], placement = gpu)]
                        fn tile(gpu: &Gpu) -> parla::Result<()> {
                            let (a, b) = (gpu.upload(&rows)?, gpu.upload(&columns)?);
                            let mut tile = gpu.zeros::<f64>(TILE * TILE)?;
                            let config = parla::kernels::grid_for_tiles(TILE as u32, TILE as u32);
                            let (n, k) = (TILE as u32, N as u32);
                            gemm::dgemm(
                                gpu, config, n, n, k, 1.0, &a, k, &b, n, 0.0, &mut tile, n,
                            )?;
                            let tile = gpu.download(&tile)?;
                            let mut c = c.lock().expect("no panic under the lock");
                            for (i, line) in tile.chunks(TILE).enumerate() {
                                let start = (row * TILE + i) * N + column * TILE;
                                c[start..start + TILE].copy_from_slice(line);
                            }
                            Ok(())
                        }
                    }
                }
            })
            .expect("all ends well");
        let c = c.lock().expect("no panic under the lock");
        for (i, line) in c.chunks(N).enumerate() {
            for (j, &found) in line.iter().enumerate() {
                let expected: f64 = (0..N).map(|k| a[i * N + k] * b[k * N + j]).sum();
                assert_eq!(found, expected, "C[{i}, {j}]");
            }
        }
    });
}

#[test]
fn without_a_gpu_there_is_no_handle() {
    let runtime = common::runtime(1);
    runtime
        .run(|| {
            let host = runtime.task().spawn(|| Gpu::current().map(|_| ()));
            let error = host
                .wait()
                .expect("it runs")
                .as_ref()
                .expect_err("it is on the host");
            assert!(matches!(error.kind(), GpuErrorKind::NotAGpuTask), "{error}");
        })
        .expect("all ends well");
    assert!(Gpu::current().is_err());
}

#[test]
fn more_memory_than_the_limit_is_an_error_with_the_amounts() {
    gpus::on(1, |builder, _| {
        let gpus = parla::Gpus::all()
            .count(1)
            .simulated(1)
            .memory_limit(parla::Bytes::new(1 << 20));
        let runtime = common::build(builder.devices(gpus));
        let run = runtime.run(|| {
            let t = TaskSpace::new("T");
            let large = t
                .task(0)
                .placement(Placement::gpu())
                .try_spawn(|| Gpu::current()?.alloc::<u8>(2 << 20).map(|_| ()));
            let asking = t
                .task(1)
                .placement(Placement::gpu())
                .memory(parla::Bytes::new(2 << 20))
                .spawn(|| ());
            let error = large.wait().expect_err("there is not so much");
            let kind = error
                .failure::<parla::GpuError>()
                .map(parla::GpuError::kind);
            assert!(
                matches!(kind, Some(GpuErrorKind::OutOfMemory { .. })),
                "{error}"
            );
            assert!(matches!(
                asking.wait().expect_err("there is not so much").kind(),
                TaskErrorKind::TooLarge { .. }
            ));
        });
        run.expect("all was looked at");
    });
}

#[test]
fn tasks_spread_over_the_gpus_that_are_there() {
    gpus::on_each(|builder, count| {
        let runtime = common::build(builder);
        runtime
            .run(|| {
                let t = TaskSpace::new("T");
                let tasks: Vec<_> = (0..8 * count)
                    .map(|i| {
                        t.task(i)
                            .placement(Placement::gpu())
                            .vcus(0.25)
                            .spawn(current_devices)
                    })
                    .collect();
                let mut used: Vec<_> = tasks
                    .iter()
                    .map(|it| it.wait().expect("it runs")[0])
                    .collect();
                used.sort_unstable();
                used.dedup();
                let all: Vec<_> = (0..count)
                    .map(|i| DeviceId::new(DeviceKind::Gpu, i))
                    .collect();
                assert_eq!(used, all);
            })
            .expect("all ends well");
    });
}

#[test]
fn two_runtimes_share_a_gpu() {
    gpus::on(1, |builder, _| {
        let runtimes = [common::build(builder.clone()), common::build(builder)];
        let tasks = runtimes.each_ref().map(|runtime| {
            runtime.task().placement(Placement::gpu()).try_spawn(|| {
                let gpu = Gpu::current()?;
                gpu.download(&gpu.upload(&numbers(10))?)
            })
        });
        for task in tasks {
            assert_eq!(task.wait().expect("it runs"), &numbers(10));
        }
    });
}

#[parla::test(sim_gpus = 1)]
async fn kernels_loaded_at_run_time_take_arguments() -> parla::Result<()> {
    common::watch();
    const ADD: &str = ".version 6.0 .target sm_52 .address_size 64
        .visible .entry add(.param .u64 x, .param .f32 a) {
            .reg .b64 %x; .reg .f32 %a, %v;
            ld.param.u64 %x, [x]; ld.param.f32 %a, [a]; cvta.to.global.u64 %x, %x;
            ld.global.f32 %v, [%x]; add.f32 %v, %v, %a; st.global.f32 [%x], %v; ret;
        }";
    #[spawn(placement = gpu)]
    fn added(gpu: &Gpu) -> parla::Result<Vec<f32>> {
        let add = parla::Module::load(gpu, "add", ADD.as_bytes())?.kernel("add")?;
        let mut x = gpu.upload(&[1.0_f32])?;
        let arguments = [Argument::slice_mut(&mut x), Argument::scalar(&2.5_f32)];
        let one = parla::LaunchConfig::new((1, 1, 1), (1, 1, 1));
        add.launch(gpu, one, &arguments)?;
        Ok(gpu.download(&x)?)
    }
    assert_eq!(added.await?, [3.5]);
    Ok(())
}
