//! Every form of a spawn runs its body exactly once, after its dependencies.

mod common;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::Log;
use parla::prelude::*;
use parla::{Handle, TaskRef};

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[parla::test(workers = 2)]
async fn every_form_gives_a_task_with_its_result() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn nested() -> i64 {
        1
    }
    #[spawn(t[1])]
    async fn nested_async() -> i64 {
        nested.await.unwrap_or(0) + 1
    }
    let closure = #[spawn(t[2])]
    || 3;
    let two = 2;
    let moved = #[spawn(t[3])]
    move || two + 2;
    let future = #[spawn(t[4])]
    async move {
        two + 3
    };
    let async_closure = #[spawn(t[5])]
    async move || two + 4;
    let called = #[spawn(t[6])]
    add(3, two + 2);
    let anonymous = #[spawn]
    || 8;
    let built = t.task(8).spawn(|| 9);
    #[spawn]
    fn nested_anonymous() -> i64 {
        10
    }
    assert_eq!(nested_async.await?, 2);
    assert_eq!((closure.await?, moved.await?), (3, 4));
    assert_eq!((future.await?, async_closure.await?), (5, 6));
    assert_eq!((called.await?, anonymous.await?), (7, 8));
    assert_eq!((built.await?, nested_anonymous.await?), (9, 10));
    Ok(())
}

#[parla::test(workers = 2)]
async fn closure_statements_run_without_a_handle() {
    common::watch();
    let t = TaskSpace::new("T");
    let log = Log::new();
    for i in 0..4 {
        #[spawn(t[i], deps = [t[i - 1]], clone = [log])]
        move || log.push(i);
    }
    #[spawn(deps = [t[..]], clone = [log])]
    async move {
        log.push(4);
    };
    t.task(5)
        .deps(t.slice(0..4))
        .spawn(|| ())
        .await
        .expect("it runs");
    let order = log.take();
    assert_eq!(order[..4], [0, 1, 2, 3]);
}

#[parla::test(workers = 2)]
fn a_sync_program_waits_for_all_tasks() {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn only() -> usize {
        42
    }
    assert_eq!(only.wait().copied().expect("it runs"), 42);
}

#[parla::test(workers = 2)]
async fn before_child_after_is_the_order_around_an_await() -> parla::Result<()> {
    common::watch();
    let log = Log::new();
    let t = TaskSpace::new("T");
    #[spawn(t[0], clone = [log])]
    async fn parent() {
        log.push("before");
        let child = #[spawn(clone = [log])]
        async move {
            log.push("child");
        };
        child.await.expect("the child runs");
        log.push("after");
    }
    parent.await?;
    assert_eq!(log.take(), ["before", "child", "after"]);
    Ok(())
}

#[parla::test(workers = 4)]
async fn ten_children_run_between_the_two_halves_of_their_parent() -> parla::Result<()> {
    common::watch();
    let log = Log::new();
    #[spawn(clone = [log])]
    async fn parent() -> Result<(), parla::TaskError> {
        let b = TaskSpace::new("B");
        log.push(1);
        for i in 0..10 {
            #[spawn(b[i], clone = [log])]
            move || log.push(2);
        }
        b.slice(0..10).await?;
        log.push(3);
        Ok(())
    }
    parent.await?;
    assert_eq!(log.take(), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
    Ok(())
}

#[parla::test(workers = 4)]
async fn two_interleaved_spaces_run_in_exact_sequence() {
    common::watch();
    let (b, c) = (TaskSpace::new("B"), TaskSpace::new("C"));
    let log = Log::new();
    for i in 0..50_usize {
        #[spawn(c[i], deps = [b[i]], clone = [log])]
        fn second() {
            log.push(2 * i + 1);
        }
    }
    for i in (0..50_usize).rev() {
        #[spawn(b[i], deps = [c[i - 1]], clone = [log])]
        fn first() {
            log.push(2 * i);
        }
    }
    c.task(49).await.expect("the chain ends");
    assert_eq!(log.take(), (0..100).collect::<Vec<_>>());
}

#[parla::test(workers = 4)]
async fn a_wavefront_runs_every_cell_after_its_neighbours() {
    common::watch();
    let n = 12_usize;
    let w = TaskSpace::new("W");
    let done: Arc<Vec<AtomicUsize>> = Arc::new((0..n * n).map(|_| AtomicUsize::new(0)).collect());
    for i in 0..n {
        for j in 0..n {
            #[spawn(w[i, j], deps = [w[i - 1, j], w[i, j - 1]], clone = [done])]
            fn cell() {
                let above = if i == 0 {
                    0
                } else {
                    done[(i - 1) * n + j].load(Ordering::SeqCst)
                };
                let left = if j == 0 {
                    0
                } else {
                    done[i * n + j - 1].load(Ordering::SeqCst)
                };
                done[i * n + j].store(1 + above.max(left), Ordering::SeqCst);
            }
        }
    }
    w.task([n as i64 - 1, n as i64 - 1])
        .await
        .expect("the last cell runs");
    let depths: Vec<_> = done
        .iter()
        .map(|depth| depth.load(Ordering::SeqCst))
        .collect();
    let expected: Vec<_> = (0..n * n).map(|at| 1 + at / n + at % n).collect();
    assert_eq!(
        depths, expected,
        "a cell is one deeper than its deeper neighbour"
    );
}

#[test]
fn nested_lists_of_all_kinds_of_task_sets_are_flattened() {
    let runtime = common::runtime(4);
    let log = Log::new();
    let result = runtime.run(|| {
        let (t, u) = (TaskSpace::new("T"), TaskSpace::new("U"));
        let push = |name: &'static str| {
            let log = log.clone();
            move || log.push(name)
        };
        // All dependencies wait for the starter, which is spawned last: whatever is not waited
        // for could come after.
        let start = t.task(99);
        let one = t.task(0).deps(&start).spawn(push("dependency"));
        let more: Vec<Task<()>> = (1..4)
            .map(|i| t.task(i).deps(&start).spawn(push("dependency")))
            .collect();
        for i in 0..3 {
            u.task(i).deps(&start).spawn(push("dependency"));
        }
        let anonymous = Handle::current()
            .task()
            .deps(&start)
            .spawn(push("dependency"));
        let references: Vec<TaskRef<'_>> = vec![t.task(4), t.task(5)];
        #[spawn(t[50], deps = [one, more, [u, t[-1]], [[references], [Some(anonymous)], t[6..8]],
            more[0], (8..10).map(|i| t.task(i))], clone = [log])]
        fn last() {
            log.push("last");
        }
        for i in 4..10 {
            t.task(i).deps(&start).spawn(push("dependency"));
        }
        start.spawn(push("start"));
        last.wait().copied()
    });
    result.expect("nothing fails").expect("the last task runs");
    let order = log.take();
    assert_eq!(order.len(), 16, "{order:?}");
    assert_eq!((order[0], order[15]), ("start", "last"), "{order:?}");
}

#[test]
fn a_space_as_dependency_means_the_tasks_it_has_at_that_time() {
    let runtime = common::runtime(2);
    let gate = common::Gate::default();
    runtime
        .run(|| {
            let (t, last) = (TaskSpace::new("T"), TaskSpace::new("last"));
            t.task(0).spawn(|| ());
            let after = last.task(0).deps(&t).spawn(|| ());
            let pass = gate.clone();
            t.task(1).spawn(move || pass.pass());
            after.wait().expect("it does not wait for T[1]");
            gate.open();
        })
        .expect("all ends well");
}

#[test]
fn dependencies_may_be_given_twice_and_may_have_ended() {
    let runtime = common::runtime(2);
    let sum = runtime.run(|| {
        let t = TaskSpace::new("T");
        let first = t.task(0).spawn(|| 1);
        first.wait()?;
        let second = t.task(1).deps([&first, &first]).deps(t.task(0)).spawn(|| 2);
        second.wait()?;
        t.task(2)
            .deps([&first, &second])
            .deps(&second)
            .spawn(|| 3)
            .wait()
            .copied()
    });
    assert_eq!(sum.expect("nothing fails").expect("it runs"), 3);
}

#[test]
fn a_dependent_sees_what_its_dependency_wrote() {
    let runtime = common::runtime(4);
    let cells: Arc<Vec<AtomicUsize>> = Arc::new((0..500).map(|_| AtomicUsize::new(0)).collect());
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in 0..cells.len() {
                let cells = cells.clone();
                t.task(i)
                    .deps([t.task(i as i64 - 1), t.task(i as i64 - 7)])
                    .spawn(move || {
                        // Relaxed: the order of the tasks alone must make the writes visible.
                        let before = if i == 0 {
                            0
                        } else {
                            cells[i - 1].load(Ordering::Relaxed)
                        };
                        cells[i].store(before + 1, Ordering::Relaxed);
                    });
            }
        })
        .expect("all ends well");
    assert_eq!(cells[499].load(Ordering::Relaxed), 500);
}

#[test]
fn each_task_sees_the_values_its_loop_had_at_the_spawn() {
    let runtime = common::runtime(4);
    let log = Log::new();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let mut square = 0;
            for i in 0..10 {
                square += if i == 0 { 0 } else { 2 * i - 1 };
                let log = log.clone();
                t.task(i)
                    .deps(t.task(i - 1))
                    .spawn(move || log.push((i, square)));
            }
        })
        .expect("all ends well");
    assert_eq!(log.take(), (0..10).map(|i| (i, i * i)).collect::<Vec<_>>());
}

fn spawn_tree(leaves: &Arc<Vec<AtomicUsize>>, at: usize) {
    if let Some(leaf) = at.checked_sub(leaves.len()) {
        leaves[leaf].fetch_add(1, Ordering::Relaxed);
        return;
    }
    for child in [2 * at, 2 * at + 1] {
        let leaves = leaves.clone();
        Handle::current()
            .task()
            .spawn(move || spawn_tree(&leaves, child));
    }
}

#[test]
fn a_tree_of_tasks_that_spawn_tasks_reaches_every_leaf_once() {
    for workers in [1, 4] {
        let runtime = common::runtime(workers);
        let leaves: Arc<Vec<AtomicUsize>> = (0..1 << 12)
            .map(|_| AtomicUsize::new(0))
            .collect::<Vec<_>>()
            .into();
        runtime
            .run(|| spawn_tree(&leaves, 1))
            .expect("all ends well");
        assert!(leaves.iter().all(|leaf| leaf.load(Ordering::Relaxed) == 1));
    }
}

type Leaves = Pin<Box<dyn Future<Output = Result<usize, parla::TaskError>> + Send>>;

fn count_leaves(depth: usize) -> Leaves {
    Box::pin(async move {
        if depth == 0 {
            return Ok(1);
        }
        let child = || Handle::current().task().try_spawn(count_leaves(depth - 1));
        let (left, right) = (child(), child());
        Ok(left.await? + right.await?)
    })
}

#[test]
fn a_tree_of_awaiting_tasks_adds_up_its_leaves() {
    for workers in [1, 4] {
        let runtime = common::runtime(workers);
        let leaves = runtime.block_on(count_leaves(10)).expect("all ends well");
        assert_eq!(leaves.expect("no task fails"), 1024);
    }
}

#[test]
fn an_un_awaited_child_outlives_its_parent_but_not_the_program() {
    let runtime = common::runtime(2);
    let (gate, log) = (common::Gate::default(), Log::new());
    runtime
        .run(|| {
            let parent = {
                let (gate, log) = (gate.clone(), log.clone());
                Handle::current().task().spawn(move || {
                    Handle::current().task().spawn(move || {
                        gate.pass();
                        log.push("grandchild");
                    });
                })
            };
            parent
                .wait()
                .expect("the parent ends although its child has not");
            log.push("parent");
            gate.open();
        })
        .expect("all ends well");
    assert_eq!(log.take(), ["parent", "grandchild"]);
}

#[parla::test(workers = 2)]
async fn tasks_share_what_a_reference_is_to() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    let lists = [Arc::new(vec![1]), Arc::new(vec![2, 3])];
    for (i, list) in lists.iter().enumerate() {
        #[spawn(t[i], clone = [list])]
        fn length() -> usize {
            list.len()
        }
        assert_eq!(length.await?, i + 1);
    }
    Ok(())
}
