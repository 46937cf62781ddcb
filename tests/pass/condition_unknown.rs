//! Which of the tasks are spawned is known only when the program runs.

use parla::prelude::*;

#[task_graph]
fn build(t: &TaskSpace<'static>, own: bool, word: &str) -> Task<&'static str> {
    if own {
        #[spawn(t[0])]
        fn fast() {}
    } else {
        #[spawn(t[0])]
        fn slow() {}
    }
    if word.is_empty() || word == "skip" {
        #[spawn(t[1])]
        fn skipped() {}
    }
    if !(word.is_empty() || word == "skip") {
        #[spawn(t[1], deps = [t[0]])]
        fn done() {}
    }
    let last = #[spawn(t[2], deps = [t[0..2]])]
    || "last";
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    for (own, word) in [(true, ""), (false, "skip"), (true, "work")] {
        let t = TaskSpace::new("T");
        assert_eq!(build(&t, own, word).await?, "last");
    }
    Ok(())
}
