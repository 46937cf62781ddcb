use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    t.task(1).await?;
    for i in 0..2 {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {}
    }
    Ok(())
}
