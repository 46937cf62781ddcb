//! Iterators, nested lists, options, references, arrays and slices of tasks.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let (u, v) = (TaskSpace::new("U"), TaskSpace::new("V"));
    let handles: Vec<Task<i32>> = (0..4).map(|i| u.task(i).spawn(move || i)).collect();
    let none: Option<Task<i32>> = None;
    for i in 0..3 {
        #[spawn(
            t[i],
            deps = [
                [u[i], [u[i + 1], handles]],
                handles.iter().skip(1),
                handles[..2],
                none,
                v,
                &v,
                v[..],
                t[..],
                t,
                (0..i).map(|j| t.task(j)),
                t.slice(0..i),
                u.tasks(),
            ]
        )]
        fn task() {}
        let pair = (t.task(i), &handles[0]);
        t.task(10 + i).deps([pair.0]).deps(pair.1).deps(vec![t.at(i)]).spawn(|| ());
    }
    t.wait_all().await?;
    Ok(())
}
