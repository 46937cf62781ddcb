//! Tasks without a place, alone, in loops, as dependencies, by handle.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let mut before = #[spawn]
    || 0;
    for i in 0..5 {
        #[spawn(deps = [before, t[0..i], t[5]])]
        fn next() -> i32 {
            i
        }
        #[spawn(t[i])]
        fn placed() {}
        before = next;
    }
    let five = t.task(5).spawn(|| ());
    let many: Vec<_> = (0..4).map(|i| t.task(10 + i).deps(&five).spawn(move || i)).collect();
    #[spawn(deps = [many, many[1..3], &five])]
    fn all() -> usize {
        many.len()
    }
    #[spawn(deps = [all])]
    async fn last() {}
    assert_eq!(before.await?, 4);
    last.await?;
    Ok(())
}
