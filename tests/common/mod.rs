//! What the behaviour tests share: the watchdog over hangs, an ordered log, gates, counted values
//! and silence for panics on purpose.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::cell::RefCell;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, Once, OnceLock, Weak};
use std::time::{Duration, Instant};

use parla::{Handle, Runtime, RuntimeBuilder, Task};

/// How long a test may take before it counts as hanging. The only time-out of the test suite.
static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
    let seconds = std::env::var("PARLA_TEST_PATIENCE").ok();
    Duration::from_secs(
        seconds
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(60),
    )
});
/// How many runtimes of one test the watchdog explains.
const EXPLAINED: usize = 8;

/// A runtime with that many workers, watched over until the test's thread ends.
pub(crate) fn runtime(workers: usize) -> Runtime {
    build(Runtime::builder().workers(workers))
}

/// Builds a runtime that is watched over until the test's thread ends.
pub(crate) fn build(builder: RuntimeBuilder) -> Runtime {
    let runtime = builder.build().expect("the runtime starts");
    watch_over(&runtime);
    runtime
}

/// Watches over the ambient runtime; the first line of every `#[parla::test]`.
pub(crate) fn watch() {
    watch_over(&Handle::current());
}

/// Waits for tasks that must all end well.
pub(crate) fn all_end_well<'tasks, R: 'tasks>(tasks: impl IntoIterator<Item = &'tasks Task<R>>) {
    for task in tasks {
        if let Err(error) = task.wait() {
            panic!("{error}");
        }
    }
}

/// Says what the watchdog shows, beside the runtimes, if this thread hangs.
pub(crate) fn note(text: String) {
    watch_of_this_thread()
        .0
        .lock()
        .expect("no panic under the lock")
        .note = text;
}

/// Has the process aborted, with what waits for what, if this thread neither ends nor calls again
/// within the time-out.
fn watch_over(handle: &Handle) {
    let watch = watch_of_this_thread();
    let mut watched = watch.0.lock().expect("no panic under the lock");
    watched.since = Instant::now();
    watched.handles.push(handle.clone());
    let surplus = watched.handles.len().saturating_sub(EXPLAINED);
    watched.handles.drain(..surplus);
}

fn watch_of_this_thread() -> Arc<Watch> {
    thread_local! {
        static WATCH: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
    }
    WATCH.with_borrow_mut(|watch| watch.get_or_insert_with(Watch::start).clone())
}

/// The watch over one test; lives in a local of its thread and ends with it.
#[derive(Debug)]
struct Watch(Mutex<Watched>);

#[derive(Debug)]
struct Watched {
    test: String,
    note: String,
    since: Instant,
    handles: Vec<Handle>,
}

impl Watch {
    fn start() -> Arc<Self> {
        static ALL: OnceLock<Mutex<Vec<Weak<Watch>>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            std::thread::spawn(|| {
                loop {
                    std::thread::park_timeout(Duration::from_secs(1));
                    let all = ALL
                        .get()
                        .map(|all| all.lock().expect("no panic under the lock"));
                    all.iter()
                        .flat_map(|all| all.iter())
                        .filter_map(Weak::upgrade)
                        .for_each(|watch| watch.0.lock().expect("no panic under the lock").check());
                }
            });
            Mutex::default()
        });
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let watched = Watched {
            test,
            note: String::new(),
            since: Instant::now(),
            handles: Vec::new(),
        };
        let watch = Arc::new(Self(Mutex::new(watched)));
        let mut all = all.lock().expect("no panic under the lock");
        all.retain(|watch| watch.strong_count() > 0);
        all.push(Arc::downgrade(&watch));
        watch
    }
}

impl Watched {
    fn check(&self) {
        if self.since.elapsed() < *PATIENCE {
            return;
        }
        let Self { test, note, .. } = self;
        let mut message = format!("\n`{test}` hangs. {note}\nWhat waits for what:\n");
        for (number, handle) in self.handles.iter().enumerate() {
            message += &format!("runtime {number}, {handle:?}:\n{}\n", handle.explain());
        }
        // Not `eprintln!`, whose output the test harness captures and drops at an abort.
        let _ = std::io::stderr().write_all(message.as_bytes());
        std::process::abort();
    }
}

/// What happened, in order; clones share the log.
#[derive(Debug)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn push(&self, entry: T) {
        self.0.lock().expect("no panic under the lock").push(entry);
    }

    /// All entries so far; the log is empty after.
    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock().expect("no panic under the lock"))
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Blocks bodies until it is opened; clones are the same gate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().expect("no panic under the lock") = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.0.0.lock().expect("no panic under the lock")
    }

    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().expect("no panic under the lock");
        drop(
            self.0
                .1
                .wait_while(open, |open| !*open)
                .expect("no panic under the lock"),
        );
    }
}

/// Counts the living [`Counted`] values it made; clones share the count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Census(Arc<AtomicUsize>);

impl Census {
    pub(crate) fn enter(&self) -> Counted {
        self.0.fetch_add(1, Ordering::SeqCst);
        Counted(self.0.clone())
    }

    pub(crate) fn alive(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A value whose life is counted; deliberately not `Clone`.
#[derive(Debug)]
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Measures how many bodies are in a section at the same time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowd(Arc<(AtomicUsize, AtomicUsize)>);

impl Crowd {
    /// Counts the caller in while `section` runs.
    pub(crate) fn inside<R>(&self, section: impl FnOnce() -> R) -> R {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
        let result = section();
        self.0.0.fetch_sub(1, Ordering::SeqCst);
        result
    }

    /// The most that were in at the same time.
    pub(crate) fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

/// In the message of every panic that a test wants.
pub(crate) const ON_PURPOSE: &str = "on purpose";

/// Panics without a report on the terminal.
pub(crate) fn panic_on_purpose() -> ! {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic
                .payload_as_str()
                .is_some_and(|message| message.contains(ON_PURPOSE))
            {
                report(panic);
            }
        }));
    });
    panic!("{ON_PURPOSE}")
}
