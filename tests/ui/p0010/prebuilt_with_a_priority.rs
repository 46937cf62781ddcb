use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0], priority = 2)]
    fn first() {}
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    pipeline()
}
