//! Others spawn in the space, before, between and after.

use parla::prelude::*;

fn by_reference(t: &TaskSpace<'static>) {
    t.task(1).spawn(|| ());
}

fn by_value(t: TaskSpace<'static>) {
    t.task(2).spawn(|| ());
}

fn generic<T: std::borrow::Borrow<TaskSpace<'static>>>(t: T) {
    t.borrow().task(3).spawn(|| ());
}

fn in_a_tuple((t, i): (&TaskSpace<'static>, usize)) {
    t.task(i).spawn(|| ());
}

struct Holder<'a> {
    space: &'a TaskSpace<'static>,
}

impl Holder<'_> {
    fn work(&self) {
        self.space.task(5).spawn(|| ());
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0], deps = [t[1..6]])]
    fn waits() {}
    by_reference(&t);
    by_value(t.clone());
    generic(&t);
    in_a_tuple((&t, 4));
    Holder { space: &t }.work();
    waits.await?;
    Ok(())
}
