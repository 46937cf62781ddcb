//! Task spaces: what an index names, what a slice selects, what a wait for many waits for.

mod common;

use parla::prelude::*;
use parla::{Step, TaskErrorKind, TaskRef, TaskSlice, TaskState};

fn names(tasks: &TaskSlice<'_>) -> Vec<String> {
    tasks.iter().map(|task| task.name().to_string()).collect()
}

#[parla::test(workers = 2)]
fn names_show_the_space_and_the_indices() {
    common::watch();
    let t = TaskSpace::new("T");
    assert_eq!(t.name(), "T");
    assert_eq!(t.task(3).name().to_string(), "T[3]");
    assert_eq!(t.task([1, 2]).name().to_string(), "T[1, 2]");
    assert_eq!(t.task((1_u8, 2_usize, 3_i32)).name().indices(), [1, 2, 3]);
    assert_eq!(t.task(0).name().space(), "T");
    let labelled = t.task(4).label("last").spawn(|| ());
    assert_eq!(labelled.name().to_string(), "T[4] (last)");
    assert_eq!(labelled.name().label(), Some("last"));
}

#[parla::test(workers = 2)]
fn looking_up_twice_names_the_same_task() {
    common::watch();
    let t = TaskSpace::new("T");
    assert_eq!(t.task(0).state(), TaskState::Referenced);
    let spawned = t.task(0).spawn(|| ());
    spawned.wait().expect("it runs");
    assert_eq!(t.clone().task(0).state(), TaskState::Ended);
    assert_eq!(t.tasks().len(), 1);
}

#[parla::test(workers = 2)]
fn spaces_of_the_same_name_are_different_spaces() {
    common::watch();
    let (one, other) = (TaskSpace::new("T"), TaskSpace::new("T"));
    let first = one.task(0).spawn(|| 1);
    let second = other.task(0).spawn(|| 2);
    assert_eq!(first.wait().copied().ok(), Some(1));
    assert_eq!(second.wait().copied().ok(), Some(2));
}

#[parla::test(workers = 1)]
fn a_slice_makes_its_tasks_once() {
    common::watch();
    let t = TaskSpace::new("T");
    assert_eq!(t.slice(0..5).len(), 5);
    assert_eq!(t.slice(0..5).len(), 5);
    assert_eq!(t.tasks().len(), 5);
    assert_eq!(names(&t.slice(1..=2)), ["T[1]", "T[2]"]);
    assert_eq!(names(&t.slice(..2)), ["T[0]", "T[1]"]);
}

#[parla::test(workers = 1)]
fn open_slices_select_what_exists_in_a_space_without_a_shape() {
    common::watch();
    let t = TaskSpace::new("T");
    assert!(t.slice(..).is_empty());
    let _tasks = [t.task(7), t.task(2), t.task(5)];
    assert_eq!(names(&t.slice(..)), ["T[2]", "T[5]", "T[7]"]);
    assert_eq!(names(&t.slice(3..)), ["T[5]", "T[7]"]);
    assert_eq!(t.tasks().len(), 3);
}

#[parla::test(workers = 1)]
#[expect(
    clippy::reversed_empty_ranges,
    reason = "with a negative step it is not empty"
)]
fn steps_count_up_and_down() {
    common::watch();
    let t = TaskSpace::new("T");
    assert_eq!(names(&t.slice(Step(1..6, 2))), ["T[1]", "T[3]", "T[5]"]);
    assert_eq!(names(&t.slice(Step(5..0, -2))), ["T[5]", "T[3]", "T[1]"]);
    assert!(t.slice(Step(0..5, 0)).is_empty());
}

#[parla::test(workers = 1)]
fn negative_indices_name_no_task_and_slices_are_clipped() {
    common::watch();
    let t = TaskSpace::new("T");
    assert!(!t.task(-1).exists());
    assert_eq!(t.task(-1).state(), TaskState::Ended);
    t.task(-1)
        .wait()
        .expect("a wait for no task is over at once");
    assert_eq!(names(&t.slice(-3..2)), ["T[0]", "T[1]"]);
    assert!(t.slice(-3..0).is_empty());
    assert!(t.slice(-1).is_empty());
}

#[parla::test(workers = 1)]
fn a_shape_bounds_every_dimension() {
    common::watch();
    let t = TaskSpace::with_shape("T", [5, 4]);
    assert_eq!(t.shape(), Some(&[5, 4][..]));
    assert_eq!(t.slice((.., ..)).len(), 20);
    assert_eq!(names(&t.slice((1.., 3)))[..2], ["T[1, 3]", "T[2, 3]"]);
    assert_eq!(
        names(&t.slice((3..9, 2..9))),
        ["T[3, 2]", "T[3, 3]", "T[4, 2]", "T[4, 3]"]
    );
    assert!(!t.task([5, 0]).exists(), "the extent itself is outside");
    assert!(!t.task([0, 4]).exists());
    assert!(
        !t.task(0).exists(),
        "one index where there are two dimensions"
    );
    assert!(t.task([4, 3]).exists());
}

#[parla::test(workers = 2)]
fn a_spawn_outside_the_space_fails_and_does_not_run() {
    common::watch();
    let (t, u) = (TaskSpace::new("T"), TaskSpace::with_shape("U", [2]));
    for place in [t.task(-1), u.task(2)] {
        let task = place.spawn(|| panic!("it must not run"));
        let error = task.wait().expect_err("there is no such task");
        assert!(matches!(error.kind(), TaskErrorKind::OutOfSpace), "{error}");
    }
}

#[parla::test(workers = 2)]
fn far_and_many_dimensional_indices_are_tasks_like_others() {
    common::watch();
    let t = TaskSpace::new("T");
    let far = t.task(i64::MAX - 1).spawn(|| 1);
    let deep = t.task([1, 2, 3, 4]).deps(&far).spawn(|| 2);
    let wide = t
        .task([1 << 40, 1 << 40])
        .deps(t.task([1, 2, 3, 4]))
        .spawn(|| 3);
    assert_eq!(wide.wait().copied().ok(), Some(3));
    assert_eq!((far.is_finished(), deep.is_finished()), (true, true));
    assert_eq!(t.tasks().len(), 3);
}

#[parla::test(workers = 2)]
async fn chains_need_no_base_case() {
    common::watch();
    let t = TaskSpace::new("T");
    for i in 0..5_usize {
        #[spawn(t[i], deps = [t[i - 1], t[i - 3..i], t[(i, 0).0 - 2]])]
        fn link() -> usize {
            i
        }
    }
    t.task(4).await.expect("the chain ends");
    assert_eq!(
        t.tasks().len(),
        5,
        "no task was made for indices below zero"
    );
}

#[parla::test(workers = 2)]
async fn slices_in_deps_are_what_the_text_says() {
    common::watch();
    let t = TaskSpace::with_shape("T", [3, 3]);
    let (u, gate) = (TaskSpace::new("U"), common::Gate::default());
    for i in 0..3 {
        for j in 0..3 {
            t.task([i, j]).spawn(|| ());
        }
    }
    t.wait_all().await.expect("they all run");
    for i in 0..9 {
        // The even ones never end while the test waits for the odd ones.
        let gate = gate.clone();
        let odd = i % 2 == 1;
        #[spawn(u[i])]
        async move {
            while !odd && !gate.is_open() {
                tokio::task::yield_now().await;
            }
        };
    }
    #[spawn(deps = [t[.., 0], t[0, ..], t[0..2, 0..=1], t[0..3; 2, 1], u[1..9; 2], u[7..0; -2]])]
    fn column_row_block_and_odd_ones() {}
    column_row_block_and_odd_ones
        .await
        .expect("none of the even ones is waited for");
    gate.open();
}

#[parla::test(workers = 2)]
async fn wait_all_waits_for_what_has_been_spawned_so_far() {
    common::watch();
    let t = TaskSpace::new("T");
    let never = t.task(9);
    for i in 0..20 {
        t.task(i).spawn(move || i);
        if i == 8 {
            t.wait_all().await.expect("T[9] is not waited for");
        }
    }
    t.wait_all().await.expect("all run");
    assert!(
        t.tasks()
            .iter()
            .all(|task| task.state() == TaskState::Ended)
    );
    assert_eq!(never.state(), TaskState::Ended);
}

#[parla::test(workers = 2)]
async fn awaiting_a_slice_waits_for_tasks_spawned_later() {
    common::watch();
    let t = TaskSpace::new("T");
    let waiter = {
        let slice = t.slice(0..3);
        parla::Handle::current()
            .task()
            .try_spawn(async move { slice.await })
    };
    for i in 0..3 {
        t.task(i).spawn(|| ());
    }
    waiter.await.expect("all three run");
    assert!(
        t.slice(0..3)
            .iter()
            .all(|task| task.state() == TaskState::Ended)
    );
}

#[parla::test(workers = 4)]
fn wait_all_tells_the_first_failure_in_order_of_indices() {
    common::watch();
    let t = TaskSpace::new("T");
    for i in (0..10).rev() {
        t.task(i).try_spawn(move || {
            if i % 4 == 3 {
                Err(format!("no {i}"))
            } else {
                Ok(i)
            }
        });
    }
    let error = t.wait_all().wait().expect_err("two of them fail");
    assert_eq!(error.to_string(), "task `T[3]` failed: no 3");
    assert!(
        t.tasks()
            .iter()
            .all(|task| task.state() == TaskState::Ended)
    );
}

#[parla::test(workers = 1)]
async fn waiting_for_an_empty_space_is_over_at_once() {
    common::watch();
    let t = TaskSpace::new("T");
    t.wait_all().await.expect("nothing to wait for");
    t.slice(0..0).await.expect("nothing to wait for");
}

#[parla::test(workers = 1, check = false)]
async fn a_wrong_number_of_indices_is_the_failure_of_who_names_it() {
    common::watch();
    let u = TaskSpace::with_shape("U", [2, 2]);
    let expected = "the task space `U` takes 2 indices for a task, not 1";
    let target = u.task(0).spawn(|| ());
    let by_reference = u.task([0, 0]).deps(u.task(1)).spawn(|| ());
    #[spawn(u[0, 1], deps = [u[1]])]
    fn by_selection() {}
    for task in [target, by_reference, by_selection] {
        let error = task.await.expect_err("there is no such task");
        let message = error.to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[parla::test(workers = 2, check = false)]
async fn a_place_is_depended_on_as_the_task_there() {
    common::watch();
    let (t, u) = (TaskSpace::new("T"), TaskSpace::with_shape("U", [2, 2]));
    let far = 1_i64 << 40;
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut waits = Vec::new();
    let mut wait = |task: TaskRef<'static>, number: usize| {
        let sender = sender.clone();
        waits.push(task.spawn(move || sender.send(number).expect("it is read")));
    };
    // Before what they name: nothing there yet, more than four, in a map, in another space.
    wait(t.task(1).deps(t.at(0)), 1);
    let several = [0, 0, 1, far, 0, 1].map(|i| t.at(i));
    wait(t.task(2).deps(several).deps(u.at([0, 1])), 2);
    wait(u.task((0, 1)).deps([t.at(1), t.at(far)]), 3);
    wait(t.task(0).deps(u.at((2, 0))).deps(t.at(far)), 5);
    // What names no task holds nothing up.
    wait(t.task(far).deps([t.at(-1), t.at(i64::MAX)]), 4);
    for task in waits {
        task.await.expect("all have ended");
    }
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [4, 5, 1, 3, 2]);

    let mistake = t.task(3).deps(u.at(1)).spawn(|| ()).await;
    let message = mistake.expect_err("there is no such task").to_string();
    assert!(message.contains("takes 2 indices"), "{message}");

    let failed = t.task(4).try_spawn(|| Err::<(), _>("told to"));
    let cause = failed.await.expect_err("it fails");
    for late in [t.task(5).deps(t.at(4)), u.task([1, 1]).deps(t.at(4))] {
        let error = late.spawn(|| ()).await.expect_err("its dependency failed");
        assert_eq!(error.root_cause().to_string(), cause.to_string());
    }
}

#[parla::test(workers = 2)]
async fn a_task_that_says_all_does_not_mean_itself() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    t.task(0).spawn(|| ());
    t.task(1).deps(t.tasks()).spawn(|| ());
    t.task(2).deps(t.slice(..)).spawn(|| ());
    let open = t.slice(1..);
    t.task(3).deps([open]).spawn(|| ());
    t.task(4).deps(&t).spawn(|| ()).await?;
    let graph = parla::Graph::<()>::new(|g| {
        let t = g.task_space("T");
        t.task(0).spawn(|| ());
        t.task(1).deps(t.tasks()).spawn(|| ());
        t.task(2).deps(t.slice(..)).spawn(|| ());
    })?;
    assert_eq!(
        (graph.depth(), graph.to_task_graph().edges().count()),
        (3, 3)
    );
    Ok(())
}
