//! Methods and functions of the names `scope` and `task_space` that are not Parla's.

use parla::prelude::*;
use std::thread;

struct Context {
    shared: TaskSpace<'static>,
}

impl Context {
    fn new() -> Self {
        let shared = TaskSpace::new("shared");
        shared.task(0).spawn(|| ());
        Self { shared }
    }

    fn task_space(&self, _name: &str) -> TaskSpace<'static> {
        self.shared.clone()
    }
}

#[parla::main]
fn main() -> parla::Result<()> {
    let context = Context::new();
    let t = context.task_space("shared");
    #[spawn(t[1], deps = [t[0]])]
    fn next() {}
    let other = TaskSpace::new("other");
    #[spawn(other[1], deps = [other[0]])]
    fn waits() {}
    thread::scope(|s| {
        let first = TaskSpace::new("first");
        #[spawn(first[0], deps = [other[0]])]
        fn waits_as_well() {}
        s.spawn(|| println!("a thread"));
    });
    #[spawn(other[0])]
    fn done() {}
    let runtime = parla::Handle::current();
    let u = runtime.task_space("U");
    #[spawn(u[1], deps = [u[0], t[1]])]
    fn last() {}
    #[spawn(u[0])]
    fn first() {}
    last.wait()?;
    Ok(())
}
