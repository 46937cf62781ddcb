//! Arms by number, range, alternative, binding and guard.

use parla::prelude::*;

#[derive(Clone, Copy)]
enum Kind {
    Small(usize),
    Large { rows: usize, columns: usize },
    None,
}

#[task_graph]
fn build(kind: Kind, n: usize) -> Task<usize> {
    let t = TaskSpace::new("T");
    match kind {
        Kind::Small(i) => {
            t.task(i).spawn(|| ());
        }
        Kind::Large { rows, columns } => {
            for i in 0..rows * columns {
                #[spawn(t[i], deps = [t[i - columns]])]
                fn cell() {}
            }
        }
        Kind::None => {
            #[spawn(t[0])]
            fn none() {}
        }
    }
    let k = match n {
        0 => 0,
        1..=3 => n,
        i if i % 2 == 0 => i / 2,
        i => i - 1,
    };
    match k {
        0 | 1 => {
            #[spawn(t[100 + k])]
            fn few() {}
        }
        i @ 2..8 => {
            #[spawn(t[100 + i])]
            fn some() {}
        }
        _ => {
            #[spawn(t[100 + k])]
            fn many() {}
        }
    }
    let last = #[spawn(deps = [t[100 + k], t[0]])]
    move || k;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let large = Kind::Large { rows: 2, columns: 3 };
    for (kind, n, k) in [(Kind::Small(0), 0, 0), (large, 20, 10), (Kind::None, 9, 8)] {
        assert_eq!(build(kind, n).await?, k);
    }
    Ok(())
}
