//! Clauses name tasks without waiting for them, or name nothing.

use parla::prelude::*;
use std::sync::Arc;

#[parla::main(workers = 2)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let table = Arc::new(vec![1, 2, 3]);
    for i in 0..3_usize {
        #[spawn(
            t[i],
            deps = [t[i - 1], [t[i - 2], t[i - 3..i]]],
            placement = [with(t[i - 1]), near(t[7 * i]), cpu],
            clone = [table],
            vcus = 0.25,
            memory = "1 MiB",
            priority = i as i32,
            name = format!("{t:?}[{i}]"),
        )]
        fn row() -> i32 {
            table[i]
        }
    }
    for i in 1..3 {
        #[spawn(t[7 * i])]
        fn far() {}
    }
    t.wait_all().await?;
    Ok(())
}
