//! Bodies that wait for each other in an order that can end.

use parla::prelude::*;

#[parla::main(workers = 1)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0], clone = [t])]
    async fn first() -> Result<(), parla::TaskError> {
        t.task(1).await?;
        #[spawn(t[2])]
        fn child() {}
        child.await?;
        for i in 10..13 {
            t.task(i).await?;
        }
        t.task(3).await
    }
    #[spawn(t[1], clone = [t])]
    async fn second() -> Result<(), parla::TaskError> {
        for i in 10..13 {
            #[spawn(t[i], deps = [t[i - 1], t[2]])]
            fn child() {}
        }
        Ok(())
    }
    #[spawn(t[9])]
    fn ninth() {}
    #[spawn(t[3], deps = [t[2], t[12]])]
    async fn third() {}
    let pair = (t.clone(), 20);
    let parent = #[spawn(t[pair.1])]
    async move {
        let (t, n) = pair;
        let children: Vec<_> = (1..4).map(|i| t.task(n + i).spawn(move || i)).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await?;
        }
        Ok::<_, parla::TaskError>(sum)
    };
    first.await?;
    assert_eq!(parent.await?, 6);
    t.slice(0..4).await?;
    Ok(())
}
