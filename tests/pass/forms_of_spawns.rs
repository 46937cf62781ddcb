//! The four forms, in one graph, in any order.

use parla::prelude::*;

#[task]
fn double(x: &i32) -> i32 {
    2 * x
}

#[parla::main(workers = 2)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[3], deps = [t[0..3]])]
    fn last() -> i32 {
        4
    }
    let three = t.task(2).deps([t.at(0), t.at(1)]).spawn(|| 3);
    #[spawn(t[0])]
    fn one() -> i32 {
        1
    }
    let two = #[spawn(t[1], input = [one])]
    double(one);
    let five = #[spawn(input = [two, three])]
    async move { two + three };
    assert_eq!(five.await?, 5);
    assert_eq!(last.await?, 4);
    Ok(())
}
