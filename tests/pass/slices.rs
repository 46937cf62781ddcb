//! Steps, negative starts, open ranges, ranges in variables, clipping by a shape.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in (1..12).step_by(2) {
        #[spawn(t[i], deps = [t[i - 2], t[-5..i; 2], t[i - 2..=0; -2], t[i..i]])]
        fn odd() {}
    }
    for i in 20..30 {
        t.task(i).deps(t.slice(20..i)).spawn(|| ());
    }
    let range = 20..30;
    t.slice(range.clone()).wait_all().await?;
    let u = TaskSpace::with_shape("U", [3, 4]);
    for i in 0..3 {
        for j in 0..4 {
            #[spawn(u[i, j], deps = [u[i + 1.., 7], u[-4..i, -4..100; 3], u[9, 9], u[i - 1, ..]])]
            fn cell() {}
        }
    }
    #[spawn(deps = [t[1..12; 2], t[-1..12; 2], t[11..0; -2], t[..], u[.., 3], u[1.., ..2], u])]
    fn last() {}
    #[spawn(t[30], deps = [t, t[0..], t[20..30], u[0..100, 0..100]])]
    fn all() {}
    u.slice((.., 1..3)).wait_all().await?;
    u.slice((0, range.start - 20)).await?;
    last.await?;
    all.await?;
    Ok(())
}
