//! Bodies spawn: in their own spaces, in outer ones, for the parent, after it.

use parla::prelude::*;

#[parla::main(workers = 2)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0], deps = [t[1], t[2]])]
    fn waits_for_grandchildren() -> i32 {
        1
    }
    for i in 1..3 {
        #[spawn(t[10 * i], clone = [t])]
        fn parent() {
            let own = TaskSpace::new("own");
            for j in 0..3 {
                #[spawn(own[j], deps = [own[j - 1]])]
                fn child() {}
            }
            #[spawn(t[10 * i + 1], deps = [own[0..3]], clone = [t])]
            fn child() {
                #[spawn(t[i])]
                fn grandchild() {}
            }
        }
    }
    #[spawn(t[40], clone = [t])]
    async fn waits() -> Result<i32, parla::TaskError> {
        #[spawn(t[41], deps = [t[42]])]
        fn child() -> i32 {
            2
        }
        #[spawn(t[42])]
        fn sibling() {}
        t.task(43).await?;
        child.await
    }
    #[spawn(t[43])]
    fn later() {}
    #[spawn(t[50], deps = [t[11], t[21], t[41]])]
    fn last() {}
    last.await?;
    assert_eq!(waits.await? + waits_for_grandchildren.await?, 3);
    Ok(())
}
