//! Whoever gets the space spawns what is missing.

use parla::prelude::*;

#[task_graph]
fn half() -> TaskSpace<'static> {
    let t = TaskSpace::new("T");
    #[spawn(t[1], deps = [t[0]])]
    fn second() {}
    t
}

#[task_graph]
fn with_handle() -> (TaskSpace<'static>, Task<i32>) {
    let t = TaskSpace::new("T");
    let waits = #[spawn(t[1], deps = [t[0]])]
    || 1;
    (t, waits)
}

#[task_graph]
fn one_task() -> parla::TaskRef<'static> {
    let t = TaskSpace::new("T");
    t.task(1).deps(t.task(0)).spawn(|| ());
    t.task(0)
}

#[task_graph]
fn later() -> impl FnOnce() {
    let t = TaskSpace::new("T");
    #[spawn(t[1], deps = [t[0]])]
    fn second() {}
    move || {
        t.task(0).spawn(|| ());
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = half();
    t.task(0).spawn(|| ());
    t.task(1).await?;
    let (t, waits) = with_handle();
    t.task(0).spawn(|| ());
    assert_eq!(waits.await?, 1);
    one_task().spawn(|| ());
    later()();
    Ok(())
}
