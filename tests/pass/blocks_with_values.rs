//! Indices and tasks that come out of blocks, conditions and closures.

use parla::prelude::*;

#[task_graph]
fn build(n: usize) -> Task<usize> {
    let t = TaskSpace::new("T");
    let k = if n > 2 { 1 } else { 0 };
    #[spawn(t[k])]
    fn one_of_two() {}
    #[spawn(t[1 - k])]
    fn the_other() {}
    let at = 'found: {
        if n > 5 {
            break 'found 2;
        }
        3
    };
    #[spawn(t[at])]
    fn found() {}
    #[spawn(t[5 - at])]
    fn not_found() {}
    let next = |i: usize| i + 1;
    #[spawn(t[next(3)])]
    fn computed() {}
    let k = usize::from(n.is_multiple_of(2));
    #[spawn(t[5 + k])]
    fn even() {}
    #[spawn(t[6 - k])]
    fn odd() {}
    let task = {
        let inner = 7;
        #[spawn(t[inner])]
        fn inside() {}
        inside
    };
    let choice = if n % 3 == 0 {
        t.task(8).deps(&task).spawn(|| ())
    } else {
        t.task(8).spawn(|| ())
    };
    let unit = n > 100 || {
        #[spawn(t[9])]
        fn right_side() {}
        false
    };
    assert!(!unit);
    let last = #[spawn(deps = [choice, t[0..10]])]
    move || n;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    for n in [1, 3, 6] {
        assert_eq!(build(n).await?, n);
    }
    Ok(())
}
