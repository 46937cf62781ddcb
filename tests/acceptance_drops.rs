//! What bodies capture and return is dropped once, however their tasks end and whatever its drop
//! does.

mod common;

use std::cell::RefCell;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::Gate;
use parla::{Error, Handle, Runtime, Task, TaskErrorKind, TaskRef, TaskSpace, TaskState};

/// Gives out values and notes how often each was dropped; clones share the book.
#[derive(Debug, Clone, Default)]
struct Ledger(Arc<Mutex<Vec<Arc<AtomicUsize>>>>);

impl Ledger {
    fn enter(&self) -> Entry {
        let drops = Arc::new(AtomicUsize::new(0));
        self.0
            .lock()
            .expect("no panic under the lock")
            .push(drops.clone());
        Entry(drops)
    }

    /// How many values were dropped; none of them may have been twice.
    fn dropped(&self) -> usize {
        let book = self.0.lock().expect("no panic under the lock");
        let drops = book.iter().map(|drops| drops.load(Ordering::SeqCst));
        drops
            .inspect(|&drops| assert!(drops <= 1, "dropped twice"))
            .sum()
    }

    fn entered(&self) -> usize {
        self.0.lock().expect("no panic under the lock").len()
    }
}

/// A value from a ledger.
#[derive(Debug)]
struct Entry(Arc<AtomicUsize>);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Where the runtime keeps a body: in its node, in memory of the pool, in a box, in a pinned box.
#[derive(Debug, Clone, Copy)]
enum Form {
    Small,
    Large,
    Huge,
    Async,
}

/// What a body does with the value it captured.
#[derive(Debug, Clone, Copy)]
enum Act {
    Return,
    Panic,
    Fail,
    /// Never ends by itself; only async bodies can.
    Wait,
}

fn act(what: Act, entry: Entry) -> Result<Entry, std::fmt::Error> {
    match what {
        Act::Return => Ok(entry),
        Act::Panic => common::panic_on_purpose(),
        Act::Fail => Err(std::fmt::Error),
        Act::Wait => unreachable!("only an async body can wait"),
    }
}

/// Spawns a task whose body of that form captures a value of the ledger.
fn spawn(task: TaskRef<'_>, form: Form, what: Act, ledger: &Ledger) -> Task<Entry> {
    let entry = ledger.enter();
    match form {
        Form::Small => task.try_spawn(move || act(what, entry)),
        Form::Large => {
            let ballast = [1u64; 9];
            task.try_spawn(move || {
                assert_eq!(ballast.iter().sum::<u64>(), 9);
                act(what, entry)
            })
        }
        Form::Huge => {
            let ballast = [1u64; 90];
            task.try_spawn(move || {
                assert_eq!(ballast.iter().sum::<u64>(), 90);
                act(what, entry)
            })
        }
        Form::Async => task.try_spawn(async move {
            if matches!(what, Act::Wait) {
                let _entry = entry;
                return pending().await;
            }
            tokio::task::yield_now().await;
            act(what, entry)
        }),
    }
}

/// Makes tasks of a form end in one way.
type Way = fn(&Runtime, Form, &Ledger);

/// The task has ended without a result: the value its body captured must be gone.
fn expect_failure(task: &Task<Entry>, ledger: &Ledger, kind: fn(&TaskErrorKind) -> bool) {
    let error = task.wait().expect_err("it must not end well");
    assert!(kind(error.kind()), "{error}");
    assert_eq!(ledger.dropped(), ledger.entered(), "{error}");
}

fn wait_for(task: &Task<Entry>, state: TaskState) {
    while task.state() != state {
        std::thread::yield_now();
    }
}

fn well(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let task = spawn(runtime.task(), form, Act::Return, ledger);
    let other = task.clone();
    task.wait().expect("it ends well");
    drop(task);
    assert_eq!(ledger.dropped(), 0, "a handle is left");
    drop(other);
}

fn well_and_nobody_looks(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    drop(spawn(t.task(0), form, Act::Return, ledger));
    t.task(0).wait().expect("it ends well");
}

fn by_a_panic(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let task = spawn(runtime.task(), form, Act::Panic, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::Panicked(_))
    });
}

fn by_an_error(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let task = spawn(runtime.task(), form, Act::Fail, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::Failed(_))
    });
}

fn cancelled_before_the_spawn(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    t.task(0).cancel();
    let task = spawn(t.task(0), form, Act::Return, ledger);
    expect_failure(&task, ledger, is_cancelled);
}

fn cancelled_while_waiting(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    let task = spawn(t.task(0).deps(t.task(1)), form, Act::Return, ledger);
    task.cancel();
    expect_failure(&task, ledger, is_cancelled);
    t.task(1).spawn(|| ()).wait().expect("it ends well");
}

fn cancelled_while_ready(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let gate = Gate::default();
    let busy: Vec<_> = (0..runtime.workers())
        .map(|_| {
            let pass = gate.clone();
            runtime.task().spawn(move || pass.pass())
        })
        .collect();
    let task = spawn(runtime.task(), form, Act::Return, ledger);
    task.cancel();
    gate.open();
    common::all_end_well(&busy);
    // A free worker may have been faster than the cancel.
    let ran = task.wait().is_ok();
    drop(task);
    assert!(ran || ledger.dropped() == 1);
}

fn cancelled_while_suspended(runtime: &Runtime, _: Form, ledger: &Ledger) {
    let task = spawn(runtime.task(), Form::Async, Act::Wait, ledger);
    wait_for(&task, TaskState::Suspended);
    task.cancel();
    expect_failure(&task, ledger, is_cancelled);
}

fn after_a_failed_dependency(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    let early = spawn(t.task(1).deps(t.task(0)), form, Act::Return, ledger);
    let first = t.task(0).spawn(|| common::panic_on_purpose());
    expect_failure(&early, ledger, is_dependency_failed);
    let late = spawn(t.task(2).deps(&first), form, Act::Return, ledger);
    expect_failure(&late, ledger, is_dependency_failed);
}

fn spawned_twice(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    let place = t.task(0);
    t.task(0).spawn(|| ()).wait().expect("it ends well");
    for place in [place, t.task(0)] {
        let second = spawn(place, form, Act::Return, ledger);
        expect_failure(&second, ledger, |kind| {
            matches!(kind, TaskErrorKind::AlreadySpawned)
        });
    }
}

fn out_of_space(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let t = runtime.task_space("T");
    let task = spawn(t.task(-1), form, Act::Return, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::OutOfSpace)
    });
}

fn with_a_bad_clause(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let task = spawn(runtime.task().vcus(-1.0), form, Act::Return, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::BadClause(_))
    });
}

fn after_a_task_of_another_runtime(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let other = common::runtime(1);
    let foreign = other.task().spawn(|| ());
    let task = spawn(runtime.task().deps(&foreign), form, Act::Return, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::ForeignDependency(_))
    });
}

fn shut_down(_: &Runtime, form: Form, ledger: &Ledger) {
    let runtime = common::runtime(1);
    let handle: Handle = (*runtime).clone();
    drop(runtime);
    let task = spawn(handle.task(), form, Act::Return, ledger);
    expect_failure(&task, ledger, |kind| {
        matches!(kind, TaskErrorKind::ShutDown)
    });
}

fn interrupted(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let suspended = spawn(runtime.task(), Form::Async, Act::Wait, ledger);
    wait_for(&suspended, TaskState::Suspended);
    runtime.interrupt();
    expect_failure(&suspended, ledger, is_cancelled);
    let late = spawn(runtime.task(), form, Act::Return, ledger);
    expect_failure(&late, ledger, |kind| {
        matches!(kind, TaskErrorKind::Interrupted)
    });
}

fn at_the_end_of_a_scope(runtime: &Runtime, form: Form, ledger: &Ledger) {
    let _ambient = runtime.enter();
    let mut ended = None;
    let verdict = parla::scope(|s| {
        let t = s.task_space("T");
        spawn(t.task(1).deps(t.task(0)), form, Act::Return, ledger);
        spawn(t.task(2), Form::Async, Act::Wait, ledger);
        ended = Some(ledger.clone());
    });
    assert!(matches!(verdict, Err(Error::Stalled(_))), "{verdict:?}");
    assert_eq!(ledger.dropped(), 2);
}

fn is_cancelled(kind: &TaskErrorKind) -> bool {
    matches!(kind, TaskErrorKind::Cancelled | TaskErrorKind::Interrupted)
}

fn is_dependency_failed(kind: &TaskErrorKind) -> bool {
    matches!(kind, TaskErrorKind::DependencyFailed(_))
}

#[test]
fn what_a_body_captures_and_returns_is_dropped_once_however_the_task_ends() {
    let ways: [(&str, Way); 16] = [
        ("well", well),
        ("well, unseen", well_and_nobody_looks),
        ("by a panic", by_a_panic),
        ("by an error", by_an_error),
        ("cancelled before the spawn", cancelled_before_the_spawn),
        ("cancelled while waiting", cancelled_while_waiting),
        ("cancelled while ready", cancelled_while_ready),
        ("cancelled while suspended", cancelled_while_suspended),
        ("after a failed dependency", after_a_failed_dependency),
        ("spawned twice", spawned_twice),
        ("out of space", out_of_space),
        ("with a bad clause", with_a_bad_clause),
        ("after a foreign task", after_a_task_of_another_runtime),
        ("shut down", shut_down),
        ("interrupted", interrupted),
        ("at the end of a scope", at_the_end_of_a_scope),
    ];
    for (name, way) in ways {
        for form in [Form::Small, Form::Large, Form::Huge, Form::Async] {
            common::note(format!("A {form:?} task ends {name}."));
            let ledger = Ledger::default();
            let runtime = common::runtime(2);
            way(&runtime, form, &ledger);
            drop(runtime);
            let count = (ledger.dropped(), ledger.entered());
            assert_eq!(count.0, count.1, "a {form:?} task that ends {name}");
            assert!(count.1 > 0);
        }
    }
}

#[test]
fn handles_outlive_their_runtime() {
    let ledger = Ledger::default();
    let runtime = common::runtime(2);
    let t = runtime.task_space("T");
    let small = t.task(0).spawn(|| 7u64);
    let large = t.task([1, 2]).label("labelled").spawn(|| vec![8; 8]);
    let bad = runtime.task().try_spawn(|| Err::<(), _>(std::fmt::Error));
    let counted = spawn(t.task(3), Form::Small, Act::Return, &ledger);
    let named = t.task(0);
    drop(runtime);
    let name = small.name();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handles = (small.clone(), large.clone(), bad.clone());
            std::thread::spawn(move || {
                let (small, large, bad) = handles;
                assert_eq!(small.wait().expect("it ended well"), &7);
                assert_eq!(large.wait().expect("it ended well").len(), 8);
                assert!(bad.wait().is_err() && bad.is_finished());
            })
        })
        .collect();
    drop((small, large, bad, t));
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!((named.name(), named.state()), (name, TaskState::Ended));
    assert_eq!(ledger.dropped(), 0);
    drop(counted);
    assert_eq!(ledger.dropped(), 1);
}

/// Panics when it is dropped, with something that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        struct Shard;
        impl Drop for Shard {
            fn drop(&mut self) {
                common::panic_on_purpose()
            }
        }
        std::panic::panic_any(Shard);
    }
}

#[test]
fn a_worker_survives_whatever_a_discarded_body_does() {
    let runtime = common::runtime(1);
    let t = runtime.task_space("T");
    let bomb = Bomb;
    let task = t.task(1).deps(t.task(0)).spawn(move || {
        let _bomb = &bomb;
    });
    t.task(0).spawn(|| common::panic_on_purpose());
    task.wait().expect_err("its dependency panics");
    t.task(2).spawn(|| ()).wait().expect("the worker is there");
}

/// An error that panics when it is dropped by a worker.
#[derive(Debug)]
struct Trap;

impl std::fmt::Display for Trap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a trap")
    }
}

impl std::error::Error for Trap {}

impl Drop for Trap {
    fn drop(&mut self) {
        let here = std::thread::current();
        if here
            .name()
            .is_some_and(|name| name.starts_with("parla-worker"))
        {
            common::panic_on_purpose()
        }
    }
}

#[test]
fn a_worker_survives_whatever_the_drop_of_an_error_does() {
    let runtime = common::runtime(1);
    for _ in 0..300 {
        let task = runtime.task().try_spawn(|| Err::<(), _>(Trap));
        task.wait().expect_err("it fails");
    }
    runtime
        .task()
        .spawn(|| ())
        .wait()
        .expect("the worker is there");
}

#[test]
fn a_runtime_may_live_as_long_as_its_thread() {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    let thread = std::thread::spawn(|| {
        RUNTIME.with_borrow_mut(|mine| {
            let runtime = mine.insert(common::runtime(1));
            runtime
                .run(|| TaskSpace::new("T").task(0).spawn(|| ()))
                .map(drop)
        })
    });
    thread
        .join()
        .expect("no panic")
        .expect("no failure is unseen");
}
