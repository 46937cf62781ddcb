use parla::prelude::*;

#[task_graph(prebuilt = true)]
fn pipeline() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {}
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    pipeline()
}
