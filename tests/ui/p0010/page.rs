use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    #[spawn]
    fn first() -> i32 {
        1
    }
    #[spawn]
    fn second(start: i32) -> i32 {
        start + first.await.unwrap()
    }
    second.await?;
    Ok(())
}
