use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    const N: usize = 8;
    let t = TaskSpace::new("part");
    for i in (0..N).step_by(2) {
        #[spawn(t[i])]
        fn even() {}
    }
    t.slice(0..N).await?;
    Ok(())
}
