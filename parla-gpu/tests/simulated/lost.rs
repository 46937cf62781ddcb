//! Lost devices: every task that has work there hears of it once, all else fails at once, and a new
//! runtime begins anew.

use std::sync::mpsc;
use std::time::Duration;

use parla_cuda_sim::{Code, faults};
use parla_gpu::__private::{Argument, launch};
use parla_gpu::{GpuError, GpuErrorKind, grid_for};
use parla_runtime::{DeviceError, LeaseRequest};

use crate::machine::{KERNELS, spin, task_name};
use crate::{alone, simulated};

const PATIENCE: Duration = Duration::from_secs(60);

fn assert_lost(error: &DeviceError, task: &str, code: u32) {
    assert!(error.is_lost(), "{error}");
    let error = error.downcast_ref::<GpuError>().unwrap();
    assert_eq!(error.task().map(ToString::to_string).as_deref(), Some(task));
    match error.kind() {
        GpuErrorKind::Lost(driver) => assert_eq!(driver.code(), code),
        other => panic!("{other}"),
    }
}

/// Memory ends where the buffer ends, not where its block would on a GPU.
#[test]
fn one_element_too_far_is_seen_and_told() {
    let (_alone, machine) = alone(1);
    let task = machine.task(0, 0);
    let x = task.gpu.upload(&[1.0_f32; 1000]).unwrap();
    let mut y = task.gpu.zeros::<f32>(1000).unwrap();
    let arguments = [
        Argument::scalar(&1001_u32),
        Argument::scalar(&1.0_f32),
        Argument::slice(&x),
        Argument::slice_mut(&mut y),
    ];
    launch(&task.gpu, &KERNELS, "axpy", grid_for(1001), &arguments).unwrap();
    let error = task.finish().unwrap_err();
    assert_lost(&error, "T[0]", 700);
    let told = "past the end of an allocation of 4000 bytes";
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn a_kernel_that_faults_takes_the_work_of_its_device_with_it() {
    let (_alone, machine) = alone(2);
    let (send, receive) = mpsc::channel();
    let tell = |name: i64, lease: &dyn parla_runtime::Lease| {
        let send = send.clone();
        lease.when_done(Box::new(move |result| send.send((name, result)).unwrap()));
    };
    let tasks: Vec<_> = (0..6).map(|name| machine.task(0, name)).collect();
    for task in &tasks {
        spin(&task.gpu, 5000);
    }
    launch(&tasks[2].gpu, &KERNELS, "fault", grid_for(1), &[]).unwrap();
    let elsewhere = machine.task(1, 6);
    for (name, task) in (0..).zip(&tasks) {
        // The device may be lost by now, and then says so here.
        let _ = task.lease.clone().seal(true);
        tell(name, &*task.lease);
    }
    let mut heard = [false; 6];
    for _ in 0..6 {
        let (name, result) = receive.recv_timeout(PATIENCE).unwrap();
        assert!(!std::mem::replace(&mut heard[name as usize], true));
        match result {
            Err(error) => assert_lost(&error, &format!("T[{name}]"), 700),
            // Its work may have been done before the fault.
            Ok(()) => assert_ne!(name, 2),
        }
    }
    elsewhere.finish().unwrap();

    let request = LeaseRequest::new(task_name(9));
    let error = machine.try_task(0, &request).err().unwrap();
    assert_lost(&error, "T[9]", 700);
    drop((tasks, machine));
    drop(send);
    assert!(
        receive.recv_timeout(PATIENCE).is_err(),
        "each was told once"
    );

    let machine = simulated(1);
    let task = machine.task(0, 10);
    let buffer = task.gpu.upload(&[1_u8]).unwrap();
    assert_eq!(task.gpu.download(&buffer).unwrap(), [1]);
    task.finish().unwrap();
}

#[test]
fn a_device_that_falls_off_the_bus_is_told_of() {
    let (_alone, machine) = alone(2);
    let task = machine.task(1, 0);
    spin(&task.gpu, 50_000);
    let mut buffer = task.gpu.zeros::<u32>(10).unwrap();
    let _ = task.seal();
    let waiting = machine.task(1, 1);
    let lost = faults::lose(1, Code::DEVICE_UNAVAILABLE);
    let code = 46;
    assert_lost(&task.finish().unwrap_err(), "T[0]", code);
    for error in [
        waiting.gpu.alloc::<u8>(10).map(drop).unwrap_err(),
        waiting.gpu.fill(&mut buffer, 1).unwrap_err(),
        waiting.gpu.synchronize().unwrap_err(),
    ] {
        assert!(error.is_lost(), "{error}");
    }
    assert_lost(&waiting.finish().unwrap_err(), "T[1]", code);
    drop(machine);
    drop(lost);
    let machine = simulated(2);
    let (here, there) = (machine.task(0, 2), machine.task(1, 3));
    let error = there.gpu.fill(&mut buffer, 1).unwrap_err();
    assert!(error.is_lost(), "its memory is gone: {error}");
    let mut back = here.gpu.alloc::<u8>(3).unwrap();
    let source = there.gpu.upload(&[1, 2, 3]).unwrap();
    here.gpu.copy(&source, &mut back).unwrap();
    assert_eq!(here.gpu.download(&back).unwrap(), [1, 2, 3]);
    for task in [here, there] {
        task.finish().unwrap();
    }
}
