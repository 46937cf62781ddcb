//! One name, several variables.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("first");
    let i = 0;
    #[spawn(t[i])]
    fn a() {}
    let i = i + 1;
    #[spawn(t[i], deps = [a])]
    fn a() {}
    {
        let i = i + 1;
        #[spawn(t[i], deps = [a])]
        fn a() {}
        let t = TaskSpace::new("inner");
        #[spawn(t[i], deps = [a])]
        fn a() {}
        a.await?;
    }
    let t = TaskSpace::new("second");
    #[spawn(t[i], deps = [a])]
    fn a() {}
    for i in i + 1..4 {
        for i in 10 * i..10 * i + 2 {
            #[spawn(t[i], deps = [a, t[i - 10]])]
            fn inner() {}
        }
        #[spawn(t[i])]
        fn outer() {}
    }
    for k in [10, 11] {
        t.task(k).spawn(|| ());
    }
    if let Some(i) = Some(7) {
        t.task(i).spawn(|| ());
    }
    match 8 {
        i => {
            t.task(i).spawn(|| ());
        }
    }
    #[spawn(t[i + 100], deps = [t[i], t[7..9], t[2..4], t[20..22], t[30..32]])]
    fn last() {}
    last.await?;
    Ok(())
}
