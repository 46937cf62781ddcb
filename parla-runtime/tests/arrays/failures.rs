//! What the program does after a failure that it has seen: it overtakes nobody who is at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use ndarray::Ix1;
use parla_runtime::{PArray, Runtime, Task, TaskRef};

use crate::claims::{elements, increment, runtime, zeros};

/// What the program must not overtake: a failure between hides who is at work from it.
struct AtWork {
    task: Task<()>,
    open: mpsc::Sender<()>,
    has_ended: Arc<AtomicBool>,
}

impl AtWork {
    fn on(task: TaskRef<'static>, x: &PArray<i32, Ix1>) -> Self {
        let (open, opened) = mpsc::channel::<()>();
        let (began, begin) = mpsc::channel::<()>();
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = has_ended.clone();
        let (task, mut view) = task.inout(x);
        let task = task.spawn(move || {
            began.send(()).unwrap();
            opened.recv().unwrap();
            view.with(|mut view| view += 1);
            ended.store(true, Ordering::SeqCst);
        });
        begin.recv().unwrap();
        Self {
            task,
            open,
            has_ended,
        }
    }

    /// A task that says whether this one has ended.
    fn after(&self, runtime: &Runtime, x: &PArray<i32, Ix1>) -> Task<bool> {
        let ended = self.has_ended.clone();
        let (task, mut view) = runtime.task().inout(x);
        task.spawn(move || {
            view.with(|mut view| view += 1);
            ended.load(Ordering::SeqCst)
        })
    }
}

fn cancelled<D>((task, access): (TaskRef<'static>, D))
where
    D: Send + 'static,
{
    task.spawn(move || drop(access)).cancel();
}

#[test]
fn who_has_seen_a_failure_overtakes_nobody() {
    // Who is at work, what is cancelled after it (to read, or to change), what the program claims, and
    // the task after that.
    let cases = [
        (0..2, true, 0..4, 2..4, 0..2),
        (0..4, false, 0..4, 0..4, 0..4),
        (0..3, true, 2..4, 2..4, 2..4),
        (0..3, false, 2..4, 1..4, 1..2),
        (1..4, true, 0..2, 0..3, 0..3),
    ];
    for explicit in [false, true] {
        for (work, changes, failed, claim, after) in cases.clone() {
            let runtime = runtime();
            let _ambient = runtime.enter();
            let x = zeros();
            let task = match explicit {
                true => runtime.task().explicit(),
                false => runtime.task(),
            };
            let at_work = AtWork::on(task, &x.slice(work));
            match changes {
                true => cancelled(runtime.task().inout(&x.slice(failed))),
                false => cancelled(runtime.task().input(&x.slice(failed))),
            }
            let after = std::thread::scope(|threads| {
                let program = threads.spawn(|| {
                    let _ambient = runtime.enter();
                    let error = x.slice(claim).write().wait().expect_err("it was cancelled");
                    assert!(error.is_cancelled(), "{error}");
                    let after = at_work.after(&runtime, &x.slice(after));
                    let _ = after.wait();
                    after
                });
                for _ in 0..100 {
                    runtime.task().spawn(|| ()).wait().unwrap();
                }
                at_work.open.send(()).unwrap();
                program.join().unwrap()
            });
            at_work.task.wait().unwrap();
            assert!(after.wait().unwrap(), "both were at work at the same time");
        }
    }
}

#[test]
fn a_failure_that_came_later_than_a_claim_is_not_forgotten_by_it() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let at_work = AtWork::on(runtime.task(), &x.slice(0));
    cancelled(runtime.task().inout(&x.slice(2)));
    let claim = x.slice(2..).write();
    cancelled(runtime.task().inout(&x));
    claim.wait().expect_err("it was cancelled");
    let after = at_work.after(&runtime, &x.slice(0));
    let error = after
        .wait()
        .expect_err("nobody has seen the second failure");
    assert!(error.root_cause().is_cancelled(), "{error}");
    at_work.open.send(()).unwrap();
    x.write().wait().expect_err("nobody has seen it");
    assert!(at_work.after(&runtime, &x).wait().unwrap());
    assert_eq!(elements(&x), [2, 1, 1, 1]);
}

#[test]
fn a_guard_is_not_overtaken_by_who_has_seen_a_failure() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let mut guard = x.slice(..2).write().wait().unwrap();
    cancelled(runtime.task().inout(&x));
    x.slice(2..).write().wait().expect_err("it was cancelled");
    let after = increment(runtime.task(), &x.slice(..2));
    after.wait().expect_err("it comes after what was cancelled");
    guard.view_mut().fill(1);
    drop(guard);
    x.write().wait().expect_err("it was cancelled");
    increment(runtime.task(), &x).wait().unwrap();
    assert_eq!(elements(&x), [2, 2, 1, 1]);
}
