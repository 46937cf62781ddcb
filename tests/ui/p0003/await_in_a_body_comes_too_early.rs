use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    #[spawn]
    async fn parent() -> Result<(), parla::TaskError> {
        let t = TaskSpace::new("child");
        for i in 0..3 {
            #[spawn(t[i], deps = [t[i + 1]])]
            fn child() {}
        }
        t.slice(0..3).await?;
        #[spawn(t[3])]
        fn starts_them() {}
        starts_them.await
    }
    parent.await?;
    Ok(())
}
