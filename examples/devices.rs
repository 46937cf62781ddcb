//! The devices of this machine, and what a task on each of them sees.
//!
//! ```text
//! T[cpu(0)]    T[gpu(0)]    T[gpu(1)]    …
//! ```
//!
//! `PARLA_GPUS` says which GPUs there are: see `parla::Gpus`.

use parla::prelude::*;
use parla::{Gpus, Handle, Runtime, current_devices};

fn main() -> parla::Result<()> {
    let gpus = Gpus::all().simulated(2);
    let found = gpus.find();
    match parla::gpu_devices() {
        Ok(all) => {
            println!("GPU  memory       capability  multiprocessors  bus           name");
            for gpu in all {
                let (major, minor) = gpu.compute_capability;
                println!(
                    "{:<4} {:<12} {:<11} {:<16} {:<13} {}",
                    gpu.ordinal,
                    gpu.memory.to_string(),
                    format!("{major}.{minor}"),
                    gpu.multiprocessors,
                    gpu.pci,
                    gpu.name
                );
            }
        }
        Err(error) => println!("no GPUs: {error}"),
    }
    found.note.iter().for_each(|note| println!("{note}"));

    let runtime = Runtime::builder().devices(gpus).build()?;
    println!("\na runtime here has {:?}", runtime.devices());
    runtime.run(|| {
        let t = TaskSpace::new("T");
        for (i, device) in Handle::current().devices().into_iter().enumerate() {
            let task = t.task(i).placement(device).spawn(current_devices);
            assert_eq!(task.wait().expect("it runs there"), &[device]);
        }
    })
}
