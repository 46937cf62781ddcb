use parla::prelude::*;

#[task_graph(prebuilt)]
async fn pipeline(row: &Vec<u64>) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {
        println!("{}", row[0]);
    }
    Ok(())
}

fn main() {}
