//! Launches: every kind of argument arrives, and what can't be is refused by name.

use parla_gpu::__private::{Argument, launch};
use parla_gpu::{GpuErrorKind, Image, LaunchConfig, Module, grid_for};

use crate::machine::{KERNELS, Machine, Task};

fn refusal(
    task: &Task,
    entry: &'static str,
    config: LaunchConfig,
    arguments: &[Argument<'_>],
) -> String {
    let error = launch(&task.gpu, &KERNELS, entry, config, arguments).unwrap_err();
    assert!(error.to_string().ends_with(", in task `T[7]`"), "{error}");
    match error.kind() {
        GpuErrorKind::InvalidLaunch { kernel, why } if kernel == entry => why.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn arguments_of_every_width_arrive() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let mut out = task.gpu.zeros::<u64>(1).unwrap();
    let arguments = [
        Argument::slice_mut(&mut out),
        Argument::scalar(&200_u8),
        Argument::scalar(&60_000_u16),
        Argument::scalar(&4_000_000_000_u32),
        Argument::scalar(&(1_u64 << 40)),
    ];
    launch(&task.gpu, &KERNELS, "widths", grid_for(1), &arguments).unwrap();
    let sum = 200 + 60_000 + 4_000_000_000 + (1_u64 << 40);
    assert_eq!(task.gpu.download(&out).unwrap(), [sum]);
    task.finish().unwrap();
}

#[test]
fn shapes_beyond_the_device_are_refused() {
    let machine = Machine::one();
    let task = machine.task(0, 7);
    let ns = 0_u64;
    let spin = [Argument::scalar(&ns)];
    let cases = [
        (
            LaunchConfig::new((1, 1, 1), (0, 1, 1)),
            "0 threads in x, it can be 1 to 1024",
        ),
        (
            LaunchConfig::new((1, 1, 1), (1, 1, 65)),
            "65 threads in z, it can be 1 to 64",
        ),
        (
            LaunchConfig::new((1, 70_000, 1), (1, 1, 1)),
            "70000 blocks in y, it can be 0 to 65535",
        ),
        (
            LaunchConfig::new((1, 1, 1), (64, 32, 1)),
            "2048 threads a block, the kernel can be run with 1024 here",
        ),
        (
            grid_for(usize::MAX),
            "4294967295 blocks in x, it can be 0 to 2147483647",
        ),
    ];
    for (config, why) in cases {
        assert_eq!(refusal(&task, "spin", config, &spin), why);
    }
    let shared = LaunchConfig::new((1, 1, 1), (1, 1, 1)).shared_bytes(u32::MAX);
    let why = refusal(&task, "spin", shared, &spin);
    assert!(
        why.starts_with("4294967295 bytes of shared memory a block, 0 of them"),
        "{why}"
    );
    // What is beyond the usual, the device is asked for.
    let shared = LaunchConfig::new((1, 1, 1), (1, 1, 1)).shared_bytes(64 << 10);
    launch(&task.gpu, &KERNELS, "spin", shared, &spin).unwrap();
    task.finish().unwrap();
}

#[test]
fn an_empty_grid_has_nothing_to_do() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let ns = 0_u64;
    launch(
        &task.gpu,
        &KERNELS,
        "spin",
        grid_for(0),
        &[Argument::scalar(&ns)],
    )
    .unwrap();
    task.finish().unwrap();
}

#[test]
fn wrong_arguments_are_refused() {
    let machine = Machine::one();
    let task = machine.task(0, 7);
    assert_eq!(
        refusal(&task, "spin", grid_for(1), &[]),
        "it takes 1 arguments and was given 0"
    );
    assert_eq!(
        refusal(&task, "spin", grid_for(1), &[Argument::scalar(&1_u32)]),
        "argument 0 has 4 bytes, the kernel takes 8"
    );
    task.finish().unwrap();
}

#[test]
fn a_kernel_that_is_not_there_is_named() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let error = launch(&task.gpu, &KERNELS, "spine", grid_for(1), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "on gpu(0): the code `kernels` has no kernel `spine`, in task `T[0]`"
    );
    task.finish().unwrap();
}

#[test]
fn code_that_does_not_compile_is_reported_with_the_log() {
    static BROKEN: Image = Image::new(
        "broken",
        ".version 6.0\n.target sm_52\n.address_size 64\n.visible .entry k() { frobnicate.u32; }\n",
    );
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let error = launch(&task.gpu, &BROKEN, "k", grid_for(1), &[]).unwrap_err();
    let GpuErrorKind::InvalidImage { image, log, .. } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(image, "broken");
    assert!(log.contains("frobnicate"), "{error}");
    // The device is none the worse for it.
    task.gpu.zeros::<u32>(1).unwrap();
    task.finish().unwrap();
}

#[test]
fn code_is_loaded_at_run_time() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let module = Module::load(gpu, "mine", KERNELS_TEXT.as_bytes()).unwrap();
    let kernel = module.kernel("axpy").unwrap();
    let x = gpu.upload(&[1.0_f32, 2.0]).unwrap();
    let mut y = gpu.zeros::<f32>(2).unwrap();
    let arguments = [
        Argument::scalar(&2_u32),
        Argument::scalar(&3.0_f32),
        Argument::slice(&x),
        Argument::slice_mut(&mut y),
    ];
    kernel.launch(gpu, grid_for(2), &arguments).unwrap();
    assert_eq!(gpu.download(&y).unwrap(), [3.0, 6.0]);
    let error = kernel.launch(gpu, grid_for(2), &[]).unwrap_err();
    assert!(
        error.to_string().contains("`axpy`: it takes 4 arguments"),
        "{error}"
    );
    assert!(module.kernel("nothing").is_err());
    for code in [&b"no code at all\0 with a zero in it"[..], b"", b"\x7fELF"] {
        if code.is_empty() || code.contains(&0) {
            let error = Module::load(gpu, "junk", code).unwrap_err();
            assert!(
                matches!(error.kind(), GpuErrorKind::InvalidImage { .. }),
                "{error}"
            );
        }
    }
    task.finish().unwrap();
}

const KERNELS_TEXT: &str = include_str!("../machine/kernels.ptx");

#[test]
fn nothing_is_queued_for_a_task_whose_body_has_returned() {
    let machine = Machine::one();
    let task = machine.task(0, 3);
    let mut buffer = task.gpu.zeros::<u32>(1).unwrap();
    let _ = task.seal();
    let ns = 0_u64;
    let errors = [
        launch(
            &task.gpu,
            &KERNELS,
            "spin",
            grid_for(1),
            &[Argument::scalar(&ns)],
        )
        .unwrap_err(),
        launch(
            &task.gpu,
            &KERNELS,
            "spin",
            grid_for(0),
            &[Argument::scalar(&ns)],
        )
        .unwrap_err(),
        task.gpu.alloc::<u32>(1).unwrap_err(),
        task.gpu.fill(&mut buffer, 1).unwrap_err(),
        task.gpu.streams(1).unwrap_err(),
        task.gpu.with_raw(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(*error.kind(), GpuErrorKind::TaskEnded);
        assert_eq!(error.task().unwrap().to_string(), "T[3]");
    }
    task.finish().unwrap();
}
