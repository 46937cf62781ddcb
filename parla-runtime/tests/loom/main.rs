//! Checks the concurrent kernels under loom: every interleaving of small models, with the memory
//! orderings that the code asks for. The very files of the crate are compiled here against loom's
//! primitives; each test names the race it excludes (`docs/internals/`).
#![expect(
    dead_code,
    unreachable_pub,
    reason = "a model uses only a part of each kernel"
)]

/// Stands in for `src/sync.rs`.
mod sync {
    pub(crate) use loom::hint;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
    pub(crate) use loom::thread;

    #[derive(Debug)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    #[derive(Debug)]
    pub(crate) struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub(crate) fn wait<'a, T>(
            &self,
            guard: loom::sync::MutexGuard<'a, T>,
        ) -> loom::sync::MutexGuard<'a, T> {
            self.0.wait(guard).unwrap()
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

macro_rules! kernels {
    ($($path:literal $name:ident)*) => {$(
        #[path = $path]
        mod $name;
    )*};
}
kernels! {
    "../../src/fork_join/latch.rs" latch
    "../../src/graph/edges.rs" edges
    "../../src/graph/slot.rs" slot
    "../../src/prebuilt/counter.rs" counter
    "../../src/scheduler/sleep.rs" sleep
    "../../src/task/references.rs" references
    "../../src/task/state.rs" state
}

mod dependencies;
mod joins;
mod memory;
mod places;
mod prebuilt_graphs;
mod sleepers;

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

/// A value that only the protocol under test orders: all accesses are Relaxed.
struct Plain(AtomicUsize);

impl Plain {
    fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn set(&self, value: usize) {
        self.0.store(value, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}
