use parla::prelude::*;

/// Every mistake in a graph is found in one build.
#[task_graph]
fn build(n: usize) {
    let (load, work) = (TaskSpace::new("load"), TaskSpace::new("work"));
    let tiles = TaskSpace::with_shape("tile", [n, n]);
    for i in 0..n {
        #[spawn(load[i])]
        fn load_block() {}
        #[spawn(work[i / 2], deps = [load[i]])]
        fn work_on_block() {}
    }
    for i in 0..n {
        #[spawn(tiles[i], deps = [load[i]])]
        fn tile() {}
    }
    #[spawn(load[n + 1], deps = [load[n]])]
    fn load_last() {}
    #[spawn(load[n + 2], deps = [load[n + 3]])]
    fn one() {}
    #[spawn(load[n + 3], deps = [load[n + 2]])]
    fn other() {}
}

#[parla::main]
async fn main() -> parla::Result<()> {
    build(4);
    let t = TaskSpace::new("T");
    t.task(0).await?;
    t.task(0).deps(t.task(1)).spawn(|| ());
    t.task(2).deps(t.task(2)).spawn(|| ());
    Ok(())
}
