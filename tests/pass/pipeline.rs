//! Stages of items, with a limit on how far the first stage runs ahead.

use parla::prelude::*;

#[task_graph]
fn run(items: usize, ahead: usize) -> Task<usize> {
    let (read, work) = (TaskSpace::new("read"), TaskSpace::new("work"));
    let write = TaskSpace::new("write");
    for i in 0..items {
        #[spawn(read[i], deps = [read[i - 1], write[i - ahead]])]
        fn read_item() {}
        for part in 0..2 {
            #[spawn(work[i, part], deps = [read[i]])]
            fn work_on_item() {}
        }
        #[spawn(write[i], deps = [write[i - 1], work[i, 0..2], work[i, ..]])]
        fn write_item() {}
    }
    let last = #[spawn(deps = [write[items - 1]])]
    move || items;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(run(10, 3).await?, 10);
    Ok(())
}
