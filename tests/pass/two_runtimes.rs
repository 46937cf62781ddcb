//! Spaces of two runtimes with the same name.

use parla::Runtime;
use parla::prelude::*;

#[task_graph]
fn build(t: &TaskSpace<'static>, n: usize) {
    for i in 0..n {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {}
    }
}

#[task_graph]
fn program() -> parla::Result<()> {
    let one = Runtime::builder().workers(1).build()?;
    let two = Runtime::new()?;
    let (a, b) = (one.task_space("T"), two.task_space("T"));
    #[spawn(a[9], deps = [a[8], a[0..3]])]
    fn last() {}
    for t in [&a, &b] {
        build(t, 3);
        t.task(3).deps(t.task(2)).spawn(|| ());
    }
    one.run(|| {
        let t = TaskSpace::new("T");
        #[spawn(t[0], deps = [t[1]])]
        fn waits() {}
        #[spawn(t[1])]
        fn first() {}
        #[spawn(a[8])]
        fn eighth() {}
    })?;
    two.block_on(async {
        let t = TaskSpace::new("T");
        #[spawn(t[0])]
        fn only() -> i32 {
            1
        }
        only.await
    })??;
    Ok(())
}

fn main() -> parla::Result<()> {
    program()
}
