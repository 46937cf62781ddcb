use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline<T: Sync>(row: &Vec<T>) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {
        println!("{}", row.len());
    }
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    pipeline(&vec![1])
}
