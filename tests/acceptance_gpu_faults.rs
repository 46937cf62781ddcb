//! Each call of the driver fails in turn, under a whole program: nothing hangs, what fails says so,
//! and the next program runs as if nothing had been. (That nothing is left behind is tested in
//! `parla-gpu`.)

mod common;

use parla::kernels::blas;
use parla::prelude::*;
use parla::{
    DeviceBuffer, DeviceId, DeviceKind, Gpu, GpuError, Gpus, Runtime, TaskError, TaskErrorKind,
    grid_for,
};
use parla_cuda_sim::Code;
use parla_cuda_sim::faults::{Injection, call_count, inject};

const N: usize = 200;

fn gpu(number: usize) -> Placement {
    DeviceId::new(DeviceKind::Gpu, number).into()
}

fn runtime() -> Runtime {
    let gpus = Gpus::only_simulated(2);
    common::build(Runtime::builder().workers(2).devices(gpus))
}

/// Two devices and the host: what each task came to.
fn program() -> Vec<Result<(), TaskError>> {
    let runtime = runtime();
    let mut outcomes = Vec::new();
    // What nobody looked at is looked at below.
    let _ = runtime.run(|| {
        let t = TaskSpace::new("T");
        let filled = |i: usize| {
            t.task(i).placement(gpu(i)).try_spawn(move || {
                let gpu = Gpu::current()?;
                let mut x = gpu.alloc::<f32>(N)?;
                blas::sfill(&gpu, grid_for(N), N as u32, i as f32 + 1.0, &mut x)?;
                Ok::<DeviceBuffer<f32>, GpuError>(x)
            })
        };
        let (one, two) = (filled(0), filled(1));
        let (place, first) = t.task(2).placement(gpu(1)).input(&one);
        let (place, second) = place.input(&two);
        let joined = place.try_spawn(move || {
            let gpu = Gpu::current()?;
            let mut here = gpu.alloc::<f32>(N)?;
            gpu.copy(first.get(), &mut here)?;
            blas::saxpy(&gpu, grid_for(N), N as u32, 1.0, second.get(), &mut here)?;
            gpu.download(&here)
        });
        let (task, read) = t.task(3).input(&joined);
        let host = task.spawn(move || {
            assert_eq!(read.get(), &[3.0; N]);
        });
        let apart = t.task(4).spawn(|| ());
        outcomes.push(one.wait().map(drop));
        outcomes.push(two.wait().map(drop));
        outcomes.push(joined.wait().map(drop));
        outcomes.push(host.wait().map(drop));
        outcomes.push(apart.wait().map(drop));
    });
    drop(runtime);
    outcomes
}

/// A failure of a task is one of the device, or follows from one.
fn is_of_the_driver(error: &TaskError) -> bool {
    let root = error.root_cause();
    let is_named = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        ["`cu", "out of memory", "can't load"]
            .iter()
            .any(|it| text.contains(it))
    };
    match root.kind() {
        TaskErrorKind::Device { error, .. } => is_named(error),
        TaskErrorKind::Failed(source) => is_named(source),
        // A GPU that could not be opened is not there.
        TaskErrorKind::NoSuchDevice { note, .. } => note.as_ref().is_some_and(|it| is_named(it)),
        _ => false,
    }
}

fn each_call_fails(code: Code) {
    assert!(program().iter().all(Result::is_ok), "without a failure");
    let before = call_count();
    assert!(program().iter().all(Result::is_ok), "without a failure");
    let calls = call_count() - before;
    let mut noticed = 0;
    for nth in 1..=calls {
        common::note(format!("call {nth} of {calls} fails with {code}"));
        let injected = inject(Injection::any_call().nth(nth), code);
        let outcomes = program();
        for error in outcomes.iter().filter_map(|it| it.as_ref().err()) {
            assert!(
                injected.has_happened() && is_of_the_driver(error),
                "{nth}: {error}"
            );
        }
        noticed += usize::from(outcomes.iter().any(Result::is_err));
        assert!(outcomes[4].is_ok(), "what has nothing to do with it");
        drop(injected);
        for outcome in program() {
            outcome.unwrap_or_else(|error| panic!("after call {nth}: {error}"));
        }
    }
    assert!(
        noticed as u64 > calls / 4,
        "{noticed} of {calls} were noticed"
    );
}

/// One after the other, since the driver is that of the process.
#[test]
fn whatever_call_fails_the_program_ends_and_the_next_one_runs() {
    for code in [
        Code::INVALID_VALUE,
        Code::OUT_OF_MEMORY,
        Code::LAUNCH_FAILED,
    ] {
        each_call_fails(code);
    }
}
