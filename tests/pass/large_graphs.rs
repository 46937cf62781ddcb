//! More tasks than the check goes through.

use parla::prelude::*;

const LINKS: u32 = 2000;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in 0..LINKS {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn link() {}
    }
    let u = TaskSpace::new("U");
    #[spawn(u[300, 300], deps = [u[0..300, 0..300]])]
    fn last() {}
    if t.name() == "T" {
        #[spawn(deps = [t[1999], t[LINKS - 1]])]
        fn all() {}
        all.await?;
        for i in 0..300 {
            for j in 0..300 {
                #[spawn(u[i, j])]
                fn cell() {}
            }
        }
    }
    last.await?;
    Ok(())
}
