//! Each call of the driver fails in turn: whatever it is, the program ends with an error that names
//! it or doesn't notice, nothing is left behind, and the next one works.

use parla_cuda_sim::faults::{Injection, call_count, inject};
use parla_cuda_sim::{Code, Live, live};
use parla_gpu::__private::{Argument, launch};
use parla_gpu::grid_for;
use parla_runtime::BodyError;

use crate::machine::{KERNELS, Machine, Packed, Task, block_with, contents, strided};
use crate::{alone, simulated};

/// What is to go well, or to end with an error.
type Program = fn(&Machine) -> Result<(), BodyError>;

/// A bit of everything on two devices. Every lease that was given is told its end.
fn tasks(machine: &Machine) -> Result<(), BodyError> {
    let mut tasks = Vec::new();
    let result = bodies(machine, &mut tasks);
    let ends = tasks.into_iter().map(Task::finish);
    // All of them, whatever the first says.
    let ends: Vec<_> = ends.collect();
    result?;
    for end in ends {
        end?;
    }
    Ok(())
}

fn bodies(machine: &Machine, tasks: &mut Vec<Task>) -> Result<(), BodyError> {
    let numbers: Vec<f32> = (0..1000_u16).map(f32::from).collect();
    tasks.push(machine.try_task_after(0, 0, &[])?);
    let gpu = tasks[0].gpu.clone();
    let x = gpu.upload(&numbers)?;
    let mut y = gpu.zeros::<f32>(1000)?;
    let side = gpu.streams(2)?;
    for gpu in &side {
        let arguments = [
            Argument::scalar(&1000_u32),
            Argument::scalar(&1.0_f32),
            Argument::slice(&x),
            Argument::slice_mut(&mut y),
        ];
        launch(gpu, &KERNELS, "axpy", grid_for(1000), &arguments)?;
    }
    let fence = tasks[0].lease.clone().seal(true)?;
    tasks.push(machine.try_task_after(1, 1, &[fence])?);
    let gpu = tasks[1].gpu.clone();
    let mut far = gpu.alloc::<f32>(1000)?;
    gpu.copy(&y, &mut far)?;
    drop(y);
    let back = gpu.download(&far)?;
    assert!(back.iter().zip(&numbers).all(|(y, x)| *y == 2.0 * x));
    parla_gpu::devices()?;
    Ok(())
}

fn objects(live: Live) -> usize {
    live.allocations + live.pinned + live.streams + live.events + live.modules + live.contexts
}

/// Copies of a tile: from the host, to another tile, to the other device, to the host.
fn arrays(machine: &Machine) -> Result<(), BodyError> {
    let (here, there) = (machine.memory(0), machine.memory(1));
    let numbers: Vec<u32> = (0..12).collect();
    let mut tiles = Vec::new();
    for memory in [&here, &here, &there] {
        let whole = block_with(&**memory, &[0_u32; 60])?;
        let tile = strided(&whole, 0, &[(3, 80), (4, 8)]);
        tiles.push(tile);
    }
    here.upload(&Packed::of(&numbers), &tiles[0])?;
    here.copy(&tiles[0], &tiles[1])?;
    there.copy(&tiles[1], &tiles[2])?;
    assert_eq!(contents::<u32>(&*there, &tiles[2])?, numbers);
    Ok(())
}

fn fail_each_call(program: Program, code: Code) {
    let (_alone, machine) = alone(2);
    program(&machine).unwrap();
    drop(machine);
    let mut clean = live();
    let machine = simulated(2);
    let before = call_count();
    program(&machine).unwrap();
    // How often the thread that waits for completions asks differs from run to run.
    let calls = call_count() - before;
    drop(machine);
    let mut seen = 0;
    for nth in 1..=calls {
        let before_seen = seen;
        let machine = simulated(2);
        let injected = inject(Injection::any_call().nth(nth), code);
        let result = program(&machine);
        if let Err(error) = result {
            let text = error.to_string();
            assert!(injected.has_happened(), "{nth}: {text}");
            let is_named = text.contains("`cu") || text.contains("out of memory");
            assert!(is_named || text.contains("can't load"), "{nth}: {text}");
            seen += 1;
        }
        let unnoticed = seen == before_seen;
        drop((injected, machine));
        let next = simulated(2);
        program(&next).unwrap_or_else(|error| panic!("after call {nth}: {error}"));
        drop(next);
        let left = live();
        // A lost context takes its code with it.
        clean.modules = clean.modules.min(left.modules);
        if unnoticed {
            // Perhaps it was the call that gives something back.
            assert!(
                objects(left) <= objects(clean) + 1,
                "call {nth} of {calls}: {left:?}"
            );
            clean = left;
        } else {
            assert_eq!(left, clean, "after call {nth} of {calls} had failed");
        }
    }
    assert!(seen > calls / 3, "{seen} of {calls} failures were noticed");
}

#[test]
fn with_an_error_that_passes() {
    fail_each_call(tasks, Code::INVALID_VALUE);
    fail_each_call(arrays, Code::INVALID_VALUE);
}

#[test]
fn for_want_of_memory() {
    fail_each_call(tasks, Code::OUT_OF_MEMORY);
    fail_each_call(arrays, Code::OUT_OF_MEMORY);
}

#[test]
fn with_the_loss_of_the_device() {
    fail_each_call(tasks, Code::LAUNCH_FAILED);
    fail_each_call(arrays, Code::LAUNCH_FAILED);
}
