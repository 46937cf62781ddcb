use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("part");
    for i in 0..4 {
        #[spawn(t[i])]
        fn part() {}
    }
    t.task(4).await?;
    Ok(())
}
