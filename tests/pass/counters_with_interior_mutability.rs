//! Counters that change through shared references.

use parla::prelude::*;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Names {
    taken: Cell<usize>,
}

impl Names {
    fn len(&self) -> usize {
        self.taken.get()
    }

    fn add(&self) {
        self.taken.set(self.taken.get() + 1);
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

fn spawn_all(names: &Names) -> parla::Result<()> {
    build(names)
}

#[task_graph]
fn build(names: &Names) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[names.len()])]
    fn zero() {}
    names.add();
    #[spawn(t[names.len()])]
    fn one() {}
    names.add();

    let cell = RefCell::new(2);
    #[spawn(t[*cell.borrow()])]
    fn two() {}
    *cell.borrow_mut() += 1;
    #[spawn(t[*cell.borrow()])]
    fn three() {}

    let mutex = Mutex::new(4);
    let mut guard = mutex.lock().unwrap();
    #[spawn(t[*guard])]
    fn four() {}
    *guard += 1;
    #[spawn(t[*guard])]
    fn five() {}
    drop(guard);

    let cell = Cell::new(6);
    for _ in 0..2 {
        #[spawn(t[cell.get()])]
        fn counted() {}
        cell.set(cell.get() + 1);
    }
    for _ in 0..2 {
        #[spawn(t[NEXT.fetch_add(1, Ordering::Relaxed)], deps = [t[0]])]
        fn by_a_static() {}
    }
    t.slice(0..10).wait_all().wait()?;
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    NEXT.store(8, Ordering::Relaxed);
    spawn_all(&Names::default())
}
