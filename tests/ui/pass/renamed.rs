//! Parla under another name, as a crate that re-exports it would have it.

#![deny(warnings)]
#![forbid(unsafe_code)]

mod engine {
    pub mod tasks {
        pub use ::parla::*;
    }
}

use engine::tasks::{TaskSpace, spawn, task, variant};

#[task(crate = crate::engine::tasks)]
fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[variant(add, gpu, crate = crate::engine::tasks)]
fn add_gpu(a: i32, b: i32) -> i32 {
    a + b
}

fn bare() {
    #[spawn(crate = crate::engine::tasks)]
    fn _bare() {}
}

#[engine::tasks::task_graph(crate = crate::engine::tasks)]
fn graph(t: &TaskSpace<'static>) {
    #[engine::tasks::spawn(t[0])]
    fn _task() {}
}

#[engine::tasks::main(workers = 1, crate = crate::engine::tasks)]
async fn main() -> engine::tasks::Result<()> {
    let t = TaskSpace::new("T");
    graph(&t);
    bare();
    let sum = #[engine::tasks::spawn(t[1], deps = [t[0]])]
    add(1, 2);
    assert_eq!(sum.await?, 3);
    Ok(())
}
