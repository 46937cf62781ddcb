use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0], clone = [t])]
    async fn parent() -> Result<i32, parla::TaskError> {
        #[spawn(t[1], deps = [t[0]])]
        fn child() -> i32 {
            1
        }
        child.await
    }
    println!("{}", parent.await?);
    Ok(())
}
