use parla::prelude::*;

#[task_graph(prebuilt)]
fn smooth(row: &Vec<f64>) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in 0..row.len() {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {
            println!("{}", row[i]);
        }
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    smooth(&vec![1.0, 2.0])
}
