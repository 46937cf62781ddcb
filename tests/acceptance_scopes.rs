//! Scopes: their tasks borrow, end before the scope does, and never lock it up.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Census, Crowd, Log, panic_on_purpose};
use parla::prelude::*;
use parla::{Error, Handle, scope};

#[parla::test(workers = 2)]
fn tasks_borrow_and_change_locals() -> parla::Result<()> {
    common::watch();
    let numbers: Vec<u64> = (1..=1000).collect();
    let mut sums = [0; 4];
    scope(|s| {
        let t = s.task_space("sum");
        for (i, (chunk, sum)) in numbers.chunks(250).zip(&mut sums).enumerate() {
            #[spawn(t[i])]
            fn add_up() {
                *sum = chunk.iter().sum();
            }
        }
    })?;
    assert_eq!(sums.iter().sum::<u64>(), 500_500);
    Ok(())
}

#[parla::test(workers = 2)]
fn results_may_borrow_too() -> parla::Result<()> {
    common::watch();
    let text = String::from("the quick brown fox");
    let longest = scope(|s| {
        let words: Vec<Task<&str>> = text
            .split(' ')
            .map(|word| s.task().spawn(move || word))
            .collect();
        let all = s.task().deps(&words).spawn({
            let words = words.clone();
            async move {
                let mut longest = "";
                for word in words {
                    let word = word.await.expect("it runs");
                    longest = if word.len() > longest.len() {
                        word
                    } else {
                        longest
                    };
                }
                longest
            }
        });
        all.wait().copied()
    })??;
    assert_eq!(longest, "quick");
    Ok(())
}

#[parla::test(workers = 2)]
fn a_scope_returns_after_its_last_task_and_with_the_value_of_its_closure() -> parla::Result<()> {
    common::watch();
    let count = AtomicUsize::new(0);
    let value = scope(|s| {
        let t = s.task_space("T");
        for i in 0..100 {
            t.task(i)
                .deps(t.task(i - 1))
                .spawn(|| count.fetch_add(1, Ordering::Relaxed));
        }
        "value"
    })?;
    assert_eq!((value, count.load(Ordering::Relaxed)), ("value", 100));
    Ok(())
}

#[parla::test(workers = 2)]
fn a_scope_does_not_wait_for_tasks_of_others() -> parla::Result<()> {
    common::watch();
    let gate = common::Gate::default();
    let pass = gate.clone();
    let outside = Handle::current().task().spawn(move || pass.pass());
    scope(|s| drop(s.task().spawn(|| ())))?;
    assert!(!outside.is_finished());
    gate.open();
    Ok(())
}

fn nest(depth: usize) -> usize {
    if depth == 0 {
        return 1;
    }
    let (mut left, mut right) = (0, 0);
    scope(|s| {
        s.task().spawn(|| left = nest(depth - 1));
        s.task().spawn(|| right = nest(depth - 1));
    })
    .expect("all ends well");
    left + right
}

#[test]
fn scopes_inside_bodies_do_not_lock_up_a_single_worker() {
    for workers in [1, 2, 4] {
        let runtime = common::runtime(workers);
        let leaves = runtime.task().spawn(|| nest(7)).wait().copied();
        assert_eq!(leaves.expect("it ends"), 128);
    }
}

#[test]
fn a_body_gives_up_its_resources_while_its_scope_runs() {
    fn nest(depth: usize) -> usize {
        let mut below = 0;
        if depth > 0 {
            let deeper = scope(|s| drop(s.task().vcus(1.0).spawn(|| below = nest(depth - 1))));
            deeper.expect("all ends well");
        }
        below + 1
    }
    let runtime = common::runtime(1);
    let depth = runtime.task().vcus(1.0).spawn(|| nest(20)).wait().copied();
    assert_eq!(depth.expect("it ends"), 21);
}

#[test]
fn a_body_gives_up_its_resources_also_for_scopes_of_its_scope() {
    let runtime = common::runtime(1);
    let outer = runtime.task().vcus(1.0).try_spawn(|| {
        scope(|s| {
            s.task()
                .spawn(|| scope(|s| drop(s.task().vcus(1.0).spawn(|| ()))));
        })
    });
    outer.wait().expect("it ends");
}

#[test]
fn a_body_has_its_resources_again_after_its_scope() {
    let runtime = common::runtime(4);
    let crowd = Crowd::default();
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let crowd = crowd.clone();
            runtime.task().vcus(1.0).try_spawn(move || {
                crowd.inside(std::thread::yield_now);
                scope(|s| drop(s.task().vcus(0.5).spawn(std::thread::yield_now)))?;
                crowd.inside(std::thread::yield_now);
                Ok::<_, Error>(())
            })
        })
        .collect();
    common::all_end_well(&tasks);
    assert_eq!(crowd.most(), 1);
}

#[test]
fn blocked_bodies_neither_reduce_nor_exceed_the_workers() {
    let runtime = common::runtime(2);
    let (crowd, together) = (
        Crowd::default(),
        std::sync::Arc::new(std::sync::Barrier::new(2)),
    );
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (crowd, together) = (crowd.clone(), together.clone());
            runtime.task().try_spawn(move || {
                scope(|s| {
                    for _ in 0..2 {
                        // Only ends if two bodies run at the same time.
                        s.task().spawn(|| {
                            crowd.inside(|| {
                                together.wait();
                            });
                        });
                    }
                })
            })
        })
        .collect();
    common::all_end_well(&tasks);
    assert_eq!(crowd.most(), 2);
}

#[parla::test(workers = 1)]
async fn an_async_body_may_open_a_scope_between_awaits() -> parla::Result<()> {
    common::watch();
    #[spawn]
    async fn body() -> Result<usize, Error> {
        tokio::task::yield_now().await;
        let mut parts = [0; 8];
        scope(|s| {
            for (i, part) in parts.iter_mut().enumerate() {
                s.task().spawn(async move {
                    tokio::task::yield_now().await;
                    *part = i;
                });
            }
        })?;
        tokio::task::yield_now().await;
        Ok(parts.iter().sum())
    }
    assert_eq!(body.await?, 28);
    Ok(())
}

#[parla::test(workers = 2)]
fn the_failure_of_a_scope_is_its_own() -> parla::Result<()> {
    common::watch();
    let error = scope(|s| {
        s.task().try_spawn(|| Err::<(), _>("inside"));
    });
    assert!(
        error
            .expect_err("nobody looked")
            .to_string()
            .ends_with("failed: inside")
    );
    scope(|s| {
        let failing = s.task().try_spawn(|| Err::<(), _>("inside"));
        failing.wait().expect_err("it fails");
    })?;
    Ok(())
}

#[parla::test(workers = 2)]
fn a_panic_in_the_closure_comes_out_after_the_tasks_have_ended() {
    common::watch();
    let mut done = [false; 100];
    let panic = catch_unwind(AssertUnwindSafe(|| {
        scope(|s| {
            let t = s.task_space("T");
            for (i, done) in done.iter_mut().enumerate() {
                t.task(i).deps(t.task(i as i64 - 1)).spawn(|| *done = true);
            }
            panic_on_purpose()
        })
    }));
    panic.map(drop).expect_err("the panic comes out");
    assert!(done.iter().all(|done| *done));
}

#[parla::test(workers = 2, check = false)]
fn nothing_that_was_borrowed_is_left_when_a_scope_ends_badly() {
    common::watch();
    for _ in 0..50 {
        let census = Census::default();
        let result = scope(|s| {
            let t = s.task_space("T");
            for i in 0..20 {
                let counted = census.enter();
                t.task(i)
                    .deps([t.task(i - 1), t.task(i - 5)])
                    .spawn(move || {
                        let _counted = counted;
                        if i == 7 {
                            panic_on_purpose()
                        }
                    });
            }
            let counted = census.enter();
            s.task().deps(t.task(99)).spawn(move || drop(counted));
            let counted = census.enter();
            s.task().spawn(async move {
                let _counted = counted;
                std::future::pending::<()>().await;
            });
        });
        result.expect_err("a panic and two stalls");
        assert_eq!(
            census.alive(),
            0,
            "bodies that never ran are dropped before the scope ends"
        );
    }
}

#[parla::test(workers = 2)]
fn scopes_may_be_nested_in_the_program() -> parla::Result<()> {
    common::watch();
    let log = Log::new();
    scope(|outer| {
        let first = outer.task().spawn(|| log.push(1));
        first.wait().expect("it runs");
        scope(|inner| drop(inner.task().deps(&first).spawn(|| log.push(2)))).expect("it ends");
        outer.task().spawn(|| log.push(3));
    })?;
    assert_eq!(log.take(), [1, 2, 3]);
    Ok(())
}

#[test]
fn a_body_may_open_a_scope_of_another_runtime() {
    let (here, there) = (common::runtime(1), common::runtime(3));
    let handle = (*there).clone();
    let seen = here.task().try_spawn(move || {
        let mine = Handle::current()
            .task()
            .spawn(|| Handle::current().workers());
        let mut theirs = 0;
        {
            let _ambient = handle.enter();
            scope(|s| drop(s.task().spawn(|| theirs = Handle::current().workers())))?;
        }
        Ok::<_, Error>((mine, theirs))
    });
    let (mine, theirs) = seen.wait().cloned().expect("it ends");
    assert_eq!(
        (mine.wait().copied().ok(), theirs),
        (Some(1), 3),
        "each on its own runtime"
    );
}

#[test]
fn a_quicksort_of_scopes_sorts() {
    fn sort(values: &mut [u32]) {
        if values.len() <= 16 {
            values.sort_unstable();
            return;
        }
        let (pivot, mut low) = (values.len() - 1, 0);
        for i in 0..pivot {
            if values[i] < values[pivot] {
                values.swap(i, low);
                low += 1;
            }
        }
        values.swap(low, pivot);
        let (left, right) = values.split_at_mut(low);
        scope(|s| {
            s.task().spawn(|| sort(left));
            s.task().spawn(|| sort(&mut right[1..]));
        })
        .expect("all ends well");
    }
    let runtime = common::runtime(3);
    let mut random = fastrand::Rng::with_seed(7);
    let values: Mutex<Vec<u32>> = Mutex::new((0..5000).map(|_| random.u32(..)).collect());
    runtime
        .run(|| sort(&mut values.lock().expect("no panic")))
        .expect("all ends well");
    assert!(values.lock().expect("no panic").is_sorted());
}
