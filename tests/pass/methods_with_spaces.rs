//! `&self`, `&mut self`, `self`; a space lent, replaced, taken.

use parla::prelude::*;

#[derive(Default)]
struct Rounds {
    space: Option<TaskSpace<'static>>,
    done: usize,
    last: Option<Task<usize>>,
}

impl Rounds {
    fn space(&self) -> &TaskSpace<'static> {
        self.space.as_ref().expect("there is one")
    }

    fn fresh(&self) -> TaskSpace<'static> {
        TaskSpace::new("fresh")
    }

    #[task_graph]
    fn round(&mut self) {
        self.space = Some(TaskSpace::new("round"));
        let t = self.space();
        #[spawn(t[1], deps = [t[0]])]
        fn one() {}
        self.help();
        self.space = Some(TaskSpace::new("second half"));
        let t = self.space();
        #[spawn(t[1], deps = [t[0]])]
        fn one() {}
        self.help();
        self.done += 1;
        let done = self.done;
        let u = self.fresh();
        #[spawn(u[0])]
        fn first() {}
        let u = self.fresh();
        #[spawn(u[0], deps = [first, self.last])]
        fn second() -> usize {
            done
        }
        self.last = Some(second);
    }

    fn help(&self) {
        self.space().task(0).spawn(|| ());
    }

    #[task_graph]
    async fn end(self) -> parla::Result<usize> {
        let Self { space, last, .. } = self;
        if let Some(t) = space {
            t.task(1).await?;
            #[spawn(t[2], deps = [t[0..2]])]
            fn two() {}
        }
        match last {
            Some(last) => Ok(last.await?),
            None => Ok(0),
        }
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let mut rounds = Rounds::default();
    for _ in 0..3 {
        rounds.round();
    }
    assert_eq!(rounds.end().await?, 3);
    Ok(())
}
