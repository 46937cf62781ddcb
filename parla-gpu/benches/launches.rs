//! What a task costs beside the launch that it queues: a chain of tasks with an empty kernel each,
//! against the same launches made one by one through `cust`, in turns, with more and more threads.
//!
//! On simulated GPUs this compares costs on the host only: they say nothing of a GPU.

use std::error::Error;
use std::time::{Duration, Instant};

use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use parla_gpu::{__private::launch, Gpu, GpuError, Gpus, Image, LaunchConfig};
use parla_runtime::{Placement, Runtime, TaskSpace};

const LAUNCHES: usize = 2000;
const ROUNDS: usize = 15;
const THREADS: [u32; 3] = [1, 32, 256];

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

    println!("median of {ROUNDS} rounds in turns, ns a launch");
    println!("threads   cust, one stream   a chain of tasks");
    for threads in THREADS {
        let (mut direct, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..=ROUNDS {
            cust::context::CurrentContext::set_current(&context)?;
            let start = Instant::now();
            for _ in 0..LAUNCHES {
                // SAFETY: the kernel takes nothing and does nothing.
                #[expect(unsafe_code, reason = "cust's launches are")]
                unsafe {
                    cust::launch!(function<<<1, threads, 0, stream>>>())?;
                }
            }
            stream.synchronize()?;
            direct.push(start.elapsed());
            let start = Instant::now();
            runtime.run(|| chain(threads))?;
            tasks.push(start.elapsed());
        }
        let (direct, tasks) = (median(direct), median(tasks));
        let ratio = tasks / direct;
        println!("{threads:>7}   {direct:>16.0}   {tasks:>16.0}   {ratio:.2} times");
    }
    Ok(())
}

/// Each task of the chain depends on the one before and launches the kernel.
fn chain(threads: u32) {
    let t = TaskSpace::new("T");
    for i in 0..LAUNCHES as i64 {
        let task = t.task(i).deps(t.at(i - 1)).placement(Placement::gpu());
        task.try_spawn(move || {
            let config = LaunchConfig::new((1, 1, 1), (threads, 1, 1));
            launch(&Gpu::current()?, &EMPTY, "empty", config, &[])?;
            Ok::<_, GpuError>(())
        });
    }
}

/// The median of all but the first round, which warms up; in nanoseconds a launch.
fn median(mut times: Vec<Duration>) -> f64 {
    times.remove(0);
    times.sort_unstable();
    times[ROUNDS / 2].as_nanos() as f64 / LAUNCHES as f64
}
