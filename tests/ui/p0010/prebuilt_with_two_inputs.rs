use parla::prelude::*;

#[task_graph(prebuilt)]
fn scale(row: &Vec<f64>, factor: f64) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {
        println!("{}", factor * row[0]);
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    scale(&vec![1.0], 2.0)
}
