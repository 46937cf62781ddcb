//! What happens on the device while the host goes on, and what becomes of a device that fails. The
//! order is read from the trace of the simulated driver; the rest runs on real GPUs too.

mod common;
#[path = "common/gpus.rs"]
mod gpus;

use parla::kernels::blas;
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};

use common::Gate;
use parla::prelude::*;
use parla::{DeviceBuffer, DeviceId, DeviceKind, Error, Gpu, GpuError, TaskErrorKind, grid_for};
use parla_cuda_sim::trace::{self, Kind, Operation};

parla::kernels! {
    /// Writes where nothing is.
    mod wild = ptx "
        .version 6.0
        .target sm_52
        .address_size 64
        .visible .entry wild_store(.param .u32 value)
        {
            .reg .b32 %r<2>;
            .reg .b64 %rd<2>;
            ld.param.u32 %r1, [value];
            mov.u64 %rd1, 16;
            st.global.u32 [%rd1], %r1;
            ret;
        }
    " {
        pub fn wild_store(value: u32);
    }
}

/// The trace is that of all tests: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Gpu, number)
}

fn of<'a>(trace: &'a [Operation], kernel: &str) -> Vec<&'a Operation> {
    trace
        .iter()
        .filter(|it| it.kind == Kind::Kernel && it.name.as_deref() == Some(kernel))
        .collect()
}

/// A chain of tasks on one GPU: every body returns while the device is still held before the first
/// kernel, so nothing on the way waits for the device.
#[test]
fn a_chain_is_queued_without_the_host() {
    const LENGTH: usize = 50;
    gpus::on(1, |builder, _| {
        let runtime = common::build(builder);
        let _alone = alone();
        let recording = trace::start();
        let (gate, returned) = (Gate::default(), Arc::new(Barrier::new(2)));
        let end = runtime
            .run(|| {
                let t = TaskSpace::new("T");
                let held = gate.clone();
                let first = t.task(0).placement(gpu(0)).try_spawn(move || {
                    let gpu = Gpu::current()?;
                    gpus::hold(&gpu, held)?;
                    let mut x = gpu.alloc::<f32>(64)?;
                    blas::sfill(&gpu, grid_for(64), 64, 1.0, &mut x)?;
                    Ok::<_, GpuError>(Mutex::new(x))
                });
                for i in 1..LENGTH {
                    let returned = returned.clone();
                    let (place, x) = t.task(i).placement(gpu(0)).input(&first);
                    let place = place.deps(t.task(i - 1));
                    place.try_spawn(move || {
                        let gpu = Gpu::current()?;
                        let mut x = x.get().lock().expect("no panic under the lock");
                        blas::sscal(&gpu, grid_for(64), 64, 1.5, &mut *x)?;
                        if i == LENGTH - 1 {
                            returned.wait();
                        }
                        Ok::<_, GpuError>(())
                    });
                }
                returned.wait();
                assert!(!first.is_finished(), "the device is held");
                gate.open();
                let last = t.task(LENGTH).deps(t.task(LENGTH - 1));
                let (last, x) = last.placement(gpu(0)).input(&first);
                let last = last.try_spawn(move || {
                    let x = x.get().lock().expect("no panic under the lock");
                    Gpu::current()?.download(&*x)
                });
                last.wait().expect("it runs")[0]
            })
            .expect("all ends well");
        let expected = (1..LENGTH).fold(1.0_f32, |x, _| x * 1.5);
        assert_eq!(end, expected);
        if gpus::is_simulated() {
            let trace = recording.take();
            let mut kernels = of(&trace, "sfill");
            kernels.extend(of(&trace, "sscal"));
            assert_eq!(kernels.len(), LENGTH);
            let follows = |pair: &[&Operation]| {
                pair[0].stream == pair[1].stream && pair[0].is_before(pair[1])
            };
            assert!(
                kernels.windows(2).all(follows),
                "one stream serves a chain: {trace:#?}"
            );
        }
    });
}

/// Two branches on two GPUs and their join: the join waits on the device for both.
#[test]
fn a_join_across_gpus_waits_on_the_device() {
    gpus::on(2, |builder, _| {
        let runtime = common::build(builder);
        let simulated = gpus::is_simulated();
        let _alone = alone();
        let recording = trace::start();
        let sum = runtime
            .run(|| {
                let t = TaskSpace::new("T");
                let branch = |i: usize| {
                    t.task(i).placement(gpu(i)).try_spawn(move || {
                        let gpu = Gpu::current()?;
                        let mut x = gpu.alloc::<f32>(1000)?;
                        blas::sfill(&gpu, grid_for(1000), 1000, i as f32 + 1.0, &mut x)?;
                        Ok::<DeviceBuffer<f32>, GpuError>(x)
                    })
                };
                let (join, one) = t.task(2).placement(gpu(0)).input(&branch(0));
                let (join, two) = join.input(&branch(1));
                let join = join.try_spawn(move || {
                    let gpu = Gpu::current()?;
                    let mut here = gpu.alloc::<f32>(1000)?;
                    gpu.copy(two.get(), &mut here)?;
                    blas::saxpy(&gpu, grid_for(1000), 1000, 1.0, one.get(), &mut here)?;
                    Ok::<_, GpuError>(here)
                });
                let (host, here) = t.task(3).placement(gpu(0)).input(&join);
                let host = host.try_spawn(move || Gpu::current()?.download(here.get()));
                host.wait().expect("it runs").iter().sum::<f32>()
            })
            .expect("all ends well");
        assert_eq!(sum, 3000.0);
        if simulated {
            let trace = recording.take();
            let (fills, join) = (of(&trace, "sfill"), of(&trace, "saxpy")[0]);
            assert!(fills.len() == 2 && fills.iter().all(|fill| fill.is_before(join)));
        }
    });
}

/// A kernel that goes astray: its task and what follows it fail, its device is lost, and the tasks
/// that can go elsewhere do.
#[test]
fn a_kernel_that_goes_astray_costs_the_device_and_not_the_program() {
    let _alone = alone();
    gpus::on(4, |builder, _| {
        let runtime = common::build(builder);
        let run = runtime.run(|| {
            let t = TaskSpace::new("T");
            // The last one: no other test uses it.
            let bad = t.task(0).placement(gpu(3)).try_spawn(|| {
                wild::wild_store(&Gpu::current()?, grid_for(1), 7)
            });
            let follower = t.task(1).deps(&bad).placement(gpu(3)).spawn(|| ());
            let host = t.task(2).deps(&bad).spawn(|| ());
            let error = bad.wait().expect_err("the kernel goes astray");
            assert!(
                matches!(error.kind(), TaskErrorKind::Device { device, error } if *device == gpu(3) && error.is_lost()),
                "{error}"
            );
            assert!(error.to_string().contains("700"), "{error}");
            if gpus::is_simulated() {
                let report = "kernel `wild_store`, block (0,0,0), thread (0,0,0)";
                assert!(error.to_string().contains(report), "{error}");
            }
            assert!(follower.wait().is_err());
            assert!(host.wait().expect_err("it depends on it").is_dependency_failed());
            let late = t.task(3).placement(gpu(3)).spawn(|| ());
            assert!(matches!(late.wait().expect_err("it is lost").kind(), TaskErrorKind::Device { .. }));
            let elsewhere = Placement::alternatives([Placement::from(gpu(3)), Placement::from(gpu(2))]);
            let elsewhere = t.task(4).placement(elsewhere).try_spawn(|| {
                let gpu = Gpu::current()?;
                let x = gpu.upload(&[1_u32, 2, 3])?;
                Ok::<_, GpuError>((gpu.device(), gpu.download(&x)?))
            });
            assert_eq!(elsewhere.wait().expect("it runs"), &(gpu(2), vec![1, 2, 3]));
        });
        assert!(!matches!(run, Err(Error::Stalled(_))), "{run:?}");
    });
}
