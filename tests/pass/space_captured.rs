//! Closures, bodies, threads and iterators spawn in the space later.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let spawn_one = |i: usize| {
        #[spawn(t[i], deps = [t[i + 1]])]
        move || i
    };
    for i in 0..3 {
        spawn_one(i);
    }
    let three = spawn_one(3);
    #[spawn(t[5], clone = [t])]
    fn parent() {
        t.task(6).deps(t.task(7)).spawn(|| ());
    }
    let other = std::thread::spawn({
        let t = t.clone();
        move || {
            t.task(4).spawn(|| ());
            t.task(7).spawn(|| ());
        }
    });
    other.join().unwrap();
    let handles: Vec<_> = (8..12)
        .map(|i| {
            #[spawn(t[i], deps = [t[i - 1]])]
            || ()
        })
        .collect();
    (12..14).for_each(|i| {
        t.task(i).spawn(|| ());
    });
    assert_eq!(three.await?, 3);
    #[spawn(deps = [handles, t[0..14]])]
    fn last() {}
    last.await?;
    Ok(())
}
