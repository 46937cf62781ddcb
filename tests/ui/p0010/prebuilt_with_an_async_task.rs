use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline(name: &String) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    async fn first() {
        println!("{name}");
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    let _graph = pipeline::prebuilt()?;
    pipeline(&String::from("x"))
}
