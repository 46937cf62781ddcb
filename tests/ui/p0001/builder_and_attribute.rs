use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let table = t.task(0).spawn(|| vec![1, 2, 3]);

    #[spawn(t[0], input = [table])]
    fn sum() -> i32 {
        table.iter().sum()
    }
    println!("{}", sum.await?);
    Ok(())
}
