//! `#[parla::test]` sees graphs, too; here, as in a program of tests.

use parla::prelude::*;

#[parla::test(workers = 2)]
async fn a_chain() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in 0..10 {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn link() {}
    }
    t.task(9).await?;
    Ok(())
}

#[task_graph(check = false)]
fn wrong_on_purpose() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], deps = [t[0]])]
    fn itself() {}
}

#[parla::main(check = false)]
async fn main() {
    let t = TaskSpace::new("T");
    assert!(t.task(0).await.is_err());
    if std::env::args().len() > 9 {
        wrong_on_purpose();
    }
}
