//! `break` and `continue`, with labels, decide what is spawned.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for _ in 0..5 {
        #[spawn(t[0])]
        fn once() {}
        break;
    }
    'rows: for i in 1..4 {
        for j in 0..4 {
            if j > i {
                continue 'rows;
            }
            if i + j == 6 {
                break 'rows;
            }
            #[spawn(t[i, j], deps = [t[i - 1, j - 1]])]
            fn cell() {}
        }
    }
    let found = 'search: {
        for i in 1..10 {
            if i * i > 20 {
                break 'search i;
            }
        }
        0
    };
    #[spawn(t[found])]
    fn five() {}
    for i in 0..10 {
        if i % 2 == 0 {
            continue;
        }
        #[spawn(t[20 + i / 2])]
        fn odd() {}
    }
    #[spawn(deps = [t[5], t[20..25], t[3, 0..3]])]
    fn last() {}
    #[spawn(t[0, 0])]
    fn corner() {}
    last.await?;
    Ok(())
}
