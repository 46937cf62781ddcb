//! The first program: four independent tasks, and one after them.
//!
//! ```text
//! T[0] ─┐
//! T[1] ─┼──► T[4]
//! T[2] ─┤
//! T[3] ─┘
//! ```

use parla::prelude::*;

#[parla::main(sim_gpus = 1)] // without a GPU, simulate one
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");

    for i in 0..4 {
        #[spawn(t[i], placement = cpu)]
        fn task_a() {
            println!("We run first on the CPU. I am task {i}");
        }
    }

    #[spawn(t[4], deps = [t[0..4]], placement = gpu)]
    fn task_b() {
        println!("I run second on any GPU");
    }
    Ok(())
}
