//! One space under several names, through references and clones.

use parla::prelude::*;
use std::rc::Rc;
use std::sync::Arc;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let (a, b) = (&t, t.clone());
    let c = &&b;
    let Some(d) = Some(&t) else { return Ok(()) };
    #[spawn(t[0], deps = [a[1], b[2], c[3], d[4], t[5], t[6]])]
    fn waits() {}
    #[spawn(a[1])]
    fn one() {}
    #[spawn(b[2], deps = [t[1]])]
    fn two() {}
    c.task(3).spawn(|| ());
    #[spawn(d[4])]
    fn four() {}
    let shared = Arc::new(t.clone());
    let e = Arc::clone(&shared);
    #[spawn(e[5])]
    fn five() {}
    let f = Rc::new(t);
    f.task(6).spawn(|| ());
    let spaces = [TaskSpace::new("A"), TaskSpace::new("B")];
    for space in &spaces {
        #[spawn(space[0], deps = [waits])]
        fn first() {}
    }
    let [x, y] = &spaces;
    #[spawn(x[1], deps = [y[0]])]
    fn next() {}
    #[spawn(y[1], deps = [x[1]])]
    fn last() {}
    last.await?;
    Ok(())
}
