use parla::prelude::*;

#[task_graph(prebuilt)]
fn scale(factor: f64) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {
        println!("{factor}");
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    scale(2.0)
}
