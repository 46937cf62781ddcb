//! A space of its own for each round; the one before is remembered.

use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let mut before: Option<TaskSpace<'static>> = None;
    let mut previous = TaskSpace::new("start");
    for i in 0..3 {
        #[spawn(previous[i])]
        fn start() {}
    }
    for round in 0..3 {
        let t = TaskSpace::new(format!("round {round}"));
        for i in 0..3 {
            #[spawn(t[i], deps = [previous[i - 1..i + 1]])]
            fn task() {}
        }
        #[spawn(t[3], deps = [t[0..3], previous[0..3]])]
        fn barrier() {}
        if let Some(before) = &before {
            #[spawn(t[4], deps = [before[0]])]
            fn two_back() {}
        }
        t.task(3).await?;
        before = Some(previous);
        previous = t;
        #[spawn(previous[5], deps = [previous[3]])]
        fn after() {}
        previous = {
            let next = previous.clone();
            next.task(5).await?;
            next
        };
    }
    Ok(())
}
