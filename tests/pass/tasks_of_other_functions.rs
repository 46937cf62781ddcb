//! Graphs in parts: each function spawns some of the tasks.

use parla::prelude::*;

struct Parts {
    t: TaskSpace<'static>,
    n: usize,
}

impl Parts {
    #[task_graph]
    fn even(&self) {
        for i in (0..self.n).step_by(2) {
            #[spawn(self.t[i], deps = [self.t[i - 1]])]
            fn even() {}
        }
    }

    #[task_graph]
    fn odd(&self) {
        for i in (1..self.n).step_by(2) {
            #[spawn(self.t[i], deps = [self.t[i - 1], self.t[i + 100]])]
            fn odd() {}
        }
    }

    #[task_graph]
    fn far(&self, by: usize) -> &Self {
        for i in 0..self.n {
            #[spawn(self.t[i + by])]
            fn far() {}
        }
        self
    }
}

#[task_graph]
fn join(a: &TaskSpace<'static>, b: &TaskSpace<'static>, handle: &Task<i32>) -> Task<()> {
    let last = #[spawn(a[1], deps = [b[0], a[0], handle])]
    || ();
    #[spawn(b[1], deps = [a[1]])]
    fn other() {}
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let parts = Parts { t: TaskSpace::new("T"), n: 5 };
    parts.odd();
    parts.even();
    parts.far(100).far(200);
    parts.t.wait_all().await?;
    let (a, b) = (TaskSpace::new("A"), TaskSpace::new("B"));
    let handle = a.task(0).spawn(|| 1);
    let last = join(&a, &b, &handle);
    b.task(0).spawn(|| ());
    last.await?;
    Ok(())
}
