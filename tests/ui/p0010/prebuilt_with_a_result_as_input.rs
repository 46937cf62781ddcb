use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {}
    #[spawn(t[1], input = [first])]
    fn second() {
        println!("{first:?}");
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    pipeline()
}
