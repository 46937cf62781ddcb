//! What tasks of a scope may borrow.

#![deny(warnings)]
#![forbid(unsafe_code)]

use parla::prelude::*;

#[parla::main(workers = 2)]
fn main() -> parla::Result<()> {
    let words = vec![String::from("a"), String::from("bc")];
    let mut lengths = [0; 2];
    let mut total = 0;
    let longest = parla::scope(|s| {
        let t = s.task_space("T");
        for (i, (length, word)) in lengths.iter_mut().zip(&words).enumerate() {
            #[spawn(t[i])]
            move || *length = word.len();
        }
        #[spawn(t[2])]
        || total += words.len();
        let longest = s
            .task()
            .deps(&t)
            .spawn(|| words.iter().max_by_key(|word| word.len()));
        let anonymous = s.task().spawn(async || ());
        drop(anonymous);
        longest
    })?;
    assert_eq!((lengths, total), ([1, 2], 2));
    assert_eq!(longest.wait()?.map(String::as_str), Some("bc"));

    let mut chunks = vec![1; 8];
    parla::scope(|outer| {
        for chunk in chunks.chunks_mut(4) {
            outer.task().spawn(|| {
                let (left, right) = chunk.split_at_mut(2);
                let inner = parla::scope(|s| {
                    s.task().spawn(|| left.fill(2));
                    s.task().spawn(|| right.fill(3));
                });
                inner.expect("both halves are filled");
            });
        }
    })?;
    assert_eq!(chunks, [2, 2, 3, 3, 2, 2, 3, 3]);
    Ok(())
}
