use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    #[spawn]
    async fn parent() -> Result<(), parla::TaskError> {
        let children = TaskSpace::new("children");
        for i in 0..4 {
            #[spawn(children[i])]
            fn child() {}
        }
        #[spawn(deps = [children[0..6; 2]])]
        fn every_second() {}
        every_second.await
    }
    parent.await?;
    Ok(())
}
