//! Indices as tuples, arrays, parameters and in variables.

use parla::prelude::*;

type At = (usize, usize);

#[task_graph]
fn around(t: &TaskSpace<'static>, at: At, others: &[At; 2]) -> Task<()> {
    t.task(others[0]).spawn(|| ());
    t.task(others[1]).deps(t.task(others[0])).spawn(|| ());
    t.task(at).deps(others.map(|other| t.task(other))).spawn(|| ())
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::with_shape("T", [4, 4]);
    around(&t, (0, 0), &[(0, 1), (1, 1)]).await?;
    let u = TaskSpace::with_shape("U", [3, 3]);
    let at = (1, 2);
    u.task(at).spawn(|| ());
    for at in [(0, 1), (1, 1), (2, 2)] {
        u.task(at).deps(u.at((1, 2))).spawn(|| ());
    }
    let corner = [0_i64, 0];
    u.task(corner).deps([u.task((1, 1)), u.task([2, 2])]).spawn(|| ());
    let v = TaskSpace::new("V");
    for i in 0..3_u8 {
        v.task((i, 0)).deps(v.task((i - i, 1))).spawn(|| ());
    }
    v.task((0, 1)).spawn(|| ());
    u.task(corner).await?;
    u.task(at).await?;
    Ok(())
}
