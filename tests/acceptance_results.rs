//! Results of tasks: awaited, read by reference, moved, passed on as inputs, dropped.

mod common;

use std::num::ParseIntError;

use common::Census;
use parla::prelude::*;
use parla::{Handle, TaskErrorKind, TaskState};

/// A result that can't be cloned.
#[derive(Debug, PartialEq, Eq)]
struct Unique(i32);

#[task]
fn scale(factor: i64, values: &[i64]) -> Vec<i64> {
    values.iter().map(|value| factor * value).collect()
}

#[parla::test(workers = 2)]
async fn awaiting_gives_what_the_body_returned() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn answer() -> i32 {
        42
    }
    let name = answer.name();
    assert_eq!(*(&answer).await?, 42);
    assert_eq!(answer.name(), name, "the name is stable");
    assert_eq!(answer.state(), TaskState::Ended);
    #[spawn(t[1])]
    async fn later() -> String {
        tokio::task::yield_now().await;
        "later".to_owned()
    }
    assert_eq!(later.await?, "later");
    Ok(())
}

#[parla::test(workers = 2)]
async fn results_can_be_awaited_any_number_of_times() -> parla::Result<()> {
    common::watch();
    let task = #[spawn]
    || vec![1, 2, 3];
    for _ in 0..3 {
        assert_eq!((&task).await?, &[1, 2, 3]);
        assert_eq!(task.clone().await?, [1, 2, 3]);
    }
    assert_eq!(task.await?, [1, 2, 3]);
    Ok(())
}

#[parla::test(workers = 2)]
async fn results_that_are_not_clone_are_awaited_by_reference() -> parla::Result<()> {
    common::watch();
    #[spawn]
    fn made() -> Unique {
        Unique(7)
    }
    let other = made.clone();
    assert_eq!((&made).await?, &Unique(7));
    assert!(
        std::ptr::eq((&made).await?, (&other).await?),
        "both handles see the same value"
    );
    assert_eq!(
        made.result().expect("it has ended").expect("and well"),
        &Unique(7)
    );
    Ok(())
}

#[test]
fn the_last_handle_gets_the_result_itself() {
    /// Tells clones from the original.
    #[derive(Debug)]
    struct Traced(u32);
    impl Clone for Traced {
        fn clone(&self) -> Self {
            Self(self.0 + 1)
        }
    }
    let runtime = common::runtime(1);
    let copies = runtime.block_on(async {
        let task = Handle::current().task().spawn(|| Traced(0));
        let clone = task.clone().await?.0;
        // The only worker runs this after it has put the first task away.
        Handle::current().task().spawn(|| ()).await?;
        Ok::<_, parla::TaskError>((clone, task.await?.0))
    });
    assert_eq!(copies.expect("no stall").expect("no failure"), (1, 0));
}

#[parla::test(workers = 4)]
async fn inputs_hand_results_on_and_order_the_tasks() -> parla::Result<()> {
    common::watch();
    #[spawn]
    fn three() -> i64 {
        3
    }
    #[spawn]
    fn numbers() -> Vec<i64> {
        vec![1, 2]
    }
    #[spawn(input = [three, numbers])]
    fn product() -> i64 {
        three * numbers.iter().sum::<i64>()
    }
    #[spawn(input = [by = three, numbers])]
    async fn renamed() -> i64 {
        tokio::task::yield_now().await;
        by + numbers[0]
    }
    let called = #[spawn(input = [numbers])]
    scale(10, numbers);
    let closure = #[spawn(input = [product])]
    move || product + 1;
    assert_eq!(product.await?, 9);
    assert_eq!(renamed.await?, 4);
    assert_eq!(called.await?, [10, 20]);
    assert_eq!(closure.await?, 10);
    Ok(())
}

#[parla::test(workers = 4)]
async fn a_reduction_tree_by_inputs_adds_everything_up() -> parla::Result<()> {
    common::watch();
    let mut level: Vec<Task<u64>> = (1..=256)
        .map(|i| Handle::current().task().spawn(move || i))
        .collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| {
                #[spawn(input = [left = pair[0], right = pair[1]])]
                move || left + right
            })
            .collect();
    }
    assert_eq!(*(&level[0]).await?, 256 * 257 / 2);
    Ok(())
}

#[parla::test(workers = 2)]
async fn a_body_with_a_result_fails_by_its_error() -> parla::Result<()> {
    common::watch();
    #[spawn]
    fn parsed() -> Result<i32, ParseIntError> {
        "42".parse()
    }
    #[spawn]
    fn unparsed() -> Result<i32, ParseIntError> {
        "forty-two".parse()
    }
    #[spawn]
    async fn late() -> Result<i32, ParseIntError> {
        "".parse()
    }
    assert_eq!(parsed.await?, 42);
    let error = unparsed.await.expect_err("no number");
    let TaskErrorKind::Failed(source) = error.kind() else {
        panic!("{error}")
    };
    assert!(source.is::<ParseIntError>(), "the error keeps its type");
    assert!(matches!(
        late.await.expect_err("no number").kind(),
        TaskErrorKind::Failed(_)
    ));
    Ok(())
}

#[parla::test(workers = 2)]
async fn the_builder_tells_a_result_from_a_failure_by_the_method() -> parla::Result<()> {
    common::watch();
    let value = Handle::current().task().spawn(|| "x".parse::<i32>());
    assert!(value.await?.is_err(), "the result is a Result");
    let failed = Handle::current().task().try_spawn(|| "x".parse::<i32>());
    assert!(failed.await.is_err());
    Ok(())
}

#[test]
fn a_result_is_there_only_after_the_end() {
    let runtime = common::runtime(2);
    let gate = common::Gate::default();
    runtime
        .run(|| {
            let pass = gate.clone();
            let task = Handle::current().task().spawn(move || pass.pass());
            assert!(task.result().is_none());
            assert!(!task.is_finished());
            gate.open();
            task.wait().expect("it ends");
            assert!(task.is_finished());
            assert!(task.result().is_some_and(|result| result.is_ok()));
        })
        .expect("all ends well");
}

#[test]
fn threads_outside_can_wait_too() {
    let runtime = common::runtime(2);
    let gate = common::Gate::default();
    let pass = gate.clone();
    let task = runtime.task().spawn(move || {
        pass.pass();
        5
    });
    std::thread::scope(|threads| {
        let waiters: Vec<_> = (0..4)
            .map(|_| threads.spawn(|| task.wait().copied().expect("it ends")))
            .collect();
        gate.open();
        for waiter in waiters {
            assert_eq!(waiter.join().expect("no panic"), 5);
        }
    });
}

#[parla::test(workers = 2)]
fn a_sync_body_can_not_wait_for_another_task() {
    common::watch();
    let t = TaskSpace::new("T");
    let gate = common::Gate::default();
    let pass = gate.clone();
    let busy = t.task(0).spawn(move || pass.pass());
    let ended = t.task(1).spawn(|| 1);
    ended.wait().expect("it ends");
    let refused = t.task(2).try_spawn(move || busy.wait().copied());
    let error = refused.wait().expect_err("it can't wait");
    let TaskErrorKind::Failed(source) = error.kind() else {
        panic!("{error}")
    };
    let source = source
        .downcast_ref::<parla::TaskError>()
        .expect("a task error");
    assert!(
        matches!(source.kind(), TaskErrorKind::WaitInTask),
        "{source}"
    );
    let allowed = t.task(3).try_spawn(move || ended.wait().copied());
    assert_eq!(
        allowed.wait().copied().ok(),
        Some(1),
        "no wait for what has ended"
    );
    gate.open();
}

#[test]
fn a_result_lives_as_long_as_a_handle() {
    let runtime = common::runtime(2);
    let census = Census::default();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let counted = census.enter();
            let kept = t.task(0).spawn(move || counted);
            for i in 1..100 {
                let counted = census.enter();
                t.task(i).deps(t.task(i - 1)).spawn(move || counted);
            }
            t.wait_all().wait().expect("all run");
            assert_eq!(census.alive(), 1, "results without a handle are gone");
            let other = kept.clone();
            drop(kept);
            assert_eq!(census.alive(), 1);
            drop(other);
            assert_eq!(census.alive(), 0);
        })
        .expect("all ends well");
}

#[test]
fn an_input_keeps_its_result_until_the_reader_has_ended() {
    let runtime = common::runtime(2);
    let census = Census::default();
    runtime
        .run(|| {
            let counted = census.enter();
            let source = Handle::current().task().spawn(move || counted);
            #[spawn(input = [source])]
            fn reader() -> bool {
                format!("{source:?}").contains("Counted")
            }
            drop(source);
            assert_eq!(reader.wait().copied().ok(), Some(true));
            assert_eq!(census.alive(), 0);
        })
        .expect("all ends well");
}
