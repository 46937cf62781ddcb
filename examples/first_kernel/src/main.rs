//! From a function to a kernel: the numbers of steps in the Collatz problem, on the CPU and on GPUs.
//!
//! ```text
//! steps[0] ─┐
//! steps[1] ─┼──► longest       each block of numbers on a CPU or a GPU, whichever has room
//!    …     ─┘
//! ```

use parla::prelude::*;
use parla::{DeviceSliceMut, Gpu, grid_for};

parla::kernels! {
    mod kernels = "kernels/collatz.cu";
}

/// How many steps the numbers from `first` on take to 1.
#[task]
fn collatz(first: u64, steps: &mut [u32]) {
    for (n, steps) in (first..).zip(steps) {
        let mut n = n;
        *steps = 0;
        while n > 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            *steps += 1;
        }
    }
}

/// The same, on a GPU.
#[variant(collatz, gpu)]
fn collatz_gpu(gpu: &Gpu, first: u64, steps: &mut DeviceSliceMut<u32>) -> parla::Result<()> {
    let count = steps.len();
    kernels::collatz(gpu, grid_for(count), count as u32, first, steps)?;
    Ok(())
}

/// A task for each block of numbers, each placed as `place` says.
#[task_graph]
fn all<'a>(t: &TaskSpace<'a>, blocks: std::slice::ChunksMut<'a, u32>, place: &Placement) {
    for (i, block) in blocks.enumerate() {
        let first = 1 + i as u64 * BLOCK as u64;
        #[spawn(t[i], placement = place.clone())]
        collatz(first, block);
    }
}

const NUMBERS: usize = 20_000;
const BLOCK: usize = 2_500;

#[parla::main(sim_gpus = 2)]
fn main() -> parla::Result<()> {
    let mut found = Vec::new();
    for place in [Placement::cpu(), Placement::gpu(), Placement::any()] {
        let mut steps = vec![0; NUMBERS];
        parla::scope(|s| all(&s.task_space("steps"), steps.chunks_mut(BLOCK), &place))?;
        found.push(steps);
    }
    assert!(found.iter().all(|steps| *steps == found[0]), "they agree");
    let most = found[0].iter().max().copied().unwrap_or(0);
    let first = 1 + found[0].iter().take_while(|steps| **steps < most).count();
    println!("of the numbers up to {NUMBERS}, {first} is the first to take {most} steps");
    assert_eq!((first, most), (17_647, 278));
    Ok(())
}
