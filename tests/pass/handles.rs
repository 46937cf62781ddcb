//! Handles kept, moved, shadowed, replaced, swapped, stored, iterated over.

use parla::prelude::*;
use std::collections::{BTreeMap, VecDeque};

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let task = #[spawn(t[0])]
    || ();
    let task = #[spawn(t[1], deps = [task])]
    || ();
    let mut last = task.clone();
    for i in 2..5 {
        last = {
            #[spawn(t[i], deps = [last])]
            fn next() {}
            next
        };
    }
    let (mut a, mut b) = (last.clone(), task);
    std::mem::swap(&mut a, &mut b);
    let mut queue = VecDeque::from([a, b]);
    for i in 5..8 {
        let front = queue.pop_front();
        #[spawn(t[i], deps = [front, queue])]
        fn queued() {}
        queue.push_back(queued);
    }
    let mut by_name = BTreeMap::new();
    for (i, name) in ["x", "y"].into_iter().enumerate() {
        by_name.insert(name, t.task(8 + i).spawn(|| ()));
    }
    let optional = by_name.remove("x");
    #[spawn(t[10], deps = [optional, by_name.get("y"), by_name.values(), queue.iter().take(1)])]
    fn collected() {}
    let lookups = [t.task(12), t.task(11)];
    for lookup in lookups {
        lookup.spawn(|| ());
    }
    let mut task = t.task(13);
    for i in 0..3 {
        task = task.deps(t.at(i));
    }
    task.spawn(|| ());
    drop(last);
    #[spawn(deps = [collected, t[0..14]])]
    fn end() {}
    end.await?;
    Ok(())
}
