//! What a task costs beside the launch that it queues: a chain of tasks with an empty kernel each,
//! against the same launches made one by one through `cust`, in turns.
//!
//! On simulated GPUs this compares costs on the host only: they say nothing of a GPU.

use std::error::Error;
use std::time::Instant;

use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use parla_gpu::{__private::launch, Gpu, GpuError, Gpus, Image, LaunchConfig};
use parla_runtime::{Placement, Runtime, TaskSpace};

const LAUNCHES: usize = 2000;
const ROUNDS: usize = 15;

const PTX: &str =
    ".version 6.0\n.target sm_52\n.address_size 64\n.visible .entry empty()\n{\n ret;\n}\n";
static EMPTY: Image = Image::new("empty", PTX);

fn main() -> Result<(), Box<dyn Error>> {
    let gpus = Gpus::all().count(1).simulated(1);
    let runtime = Runtime::builder().workers(2).devices(gpus).build()?;
    let device = &parla_gpu::devices()?[0];
    println!(
        "{} launches of an empty kernel on `{}`",
        LAUNCHES, device.name
    );

    let context = cust::context::Context::new(cust::device::Device::get_device(0)?)?;
    let module = Module::from_ptx(PTX, &[])?;
    let function = module.get_function("empty")?;
    let stream = Stream::new(StreamFlags::NON_BLOCKING, None)?;

    let (mut direct, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        cust::context::CurrentContext::set_current(&context)?;
        let start = Instant::now();
        for _ in 0..LAUNCHES {
            // SAFETY: the kernel takes nothing and does nothing.
            #[expect(unsafe_code, reason = "cust's launches are")]
            unsafe {
                cust::launch!(function<<<1, 1, 0, stream>>>())?;
            }
        }
        stream.synchronize()?;
        direct.push(start.elapsed());
        let start = Instant::now();
        runtime.run(|| {
            let t = TaskSpace::new("T");
            for i in 0..LAUNCHES as i64 {
                let task = t.task(i).deps(t.at(i - 1)).placement(Placement::gpu());
                task.try_spawn(|| {
                    let config = LaunchConfig::new((1, 1, 1), (1, 1, 1));
                    launch(&Gpu::current()?, &EMPTY, "empty", config, &[])?;
                    Ok::<_, GpuError>(())
                });
            }
        })?;
        tasks.push(start.elapsed());
    }
    let nanoseconds = |mut times: Vec<std::time::Duration>| {
        // The first round warms up.
        times.remove(0);
        times.sort_unstable();
        times[ROUNDS / 2].as_nanos() as f64 / LAUNCHES as f64
    };
    let (direct, tasks) = (nanoseconds(direct), nanoseconds(tasks));
    println!("median of {ROUNDS} rounds in turns, ns a launch");
    println!("cust, one stream   {direct:>8.0}");
    println!(
        "a chain of tasks   {tasks:>8.0}   {:.2} times",
        tasks / direct
    );
    Ok(())
}
