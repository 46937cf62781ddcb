//! What is there depends on the configuration.

use parla::prelude::*;

#[cfg(any())]
const N: usize = 1;
#[cfg(not(any()))]
const N: usize = 4;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[cfg(any())]
    #[spawn(t[0])]
    fn left_out() {}
    #[cfg(not(any()))]
    #[spawn(t[0], deps = [t[1]])]
    fn kept() {}
    #[cfg(any())]
    let first = 7;
    #[cfg(not(any()))]
    let first = 1;
    for i in first..N {
        #[spawn(t[i])]
        fn part() {}
    }
    for i in [
        #[cfg(any())]
        1,
        5,
        6,
    ] {
        #[spawn(t[i], deps = [t[2]])]
        fn listed() {}
    }
    match N {
        #[cfg(any())]
        4 => {
            t.task(4).deps(t.task(99)).spawn(|| ());
        }
        _ => {
            t.task(4).spawn(|| ());
        }
    }
    #[cfg(any())]
    {
        t.task(0).deps(t.task(0)).spawn(|| ());
    }
    if cfg!(any()) {
        t.task(0).spawn(|| ());
    }
    #[cfg(any())]
    t.task(98).await?;
    #[spawn(deps = [t[0..7]])]
    fn last() {}
    last.await?;
    Ok(())
}
