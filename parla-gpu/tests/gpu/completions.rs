//! The end of work is told once, in order, and not before.

use std::sync::mpsc;
use std::time::Duration;

use crate::machine::{Machine, spin};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_task_that_queues_nothing_ends() {
    let machine = Machine::one();
    machine.task(0, 0).finish().unwrap();
    let first = machine.task(0, 1);
    let second = machine.task_after(0, 2, &[first.seal()]);
    second.finish().unwrap();
    first.finish().unwrap();
}

#[test]
fn ends_are_told_once_in_the_order_of_a_chain() {
    const TASKS: usize = 200;
    let machine = Machine::one();
    let (send, receive) = mpsc::channel();
    let mut after = Vec::new();
    for name in 0..TASKS {
        let task = machine.task_after(0, name as i64, &after);
        spin(&task.gpu, 50);
        after = vec![task.seal()];
        let send = send.clone();
        let then = move |result: Result<_, _>| send.send((name, result.is_ok())).unwrap();
        task.lease.when_done(Box::new(then));
    }
    drop(send);
    for name in 0..TASKS {
        assert_eq!(receive.recv_timeout(PATIENCE), Ok((name, true)));
    }
    // All closures are gone, and none was called twice.
    assert_eq!(
        receive.recv_timeout(PATIENCE),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}

#[test]
fn a_closure_that_panics_keeps_nobody_from_hearing() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let _ = task.seal();
    task.lease.when_done(Box::new(|_| panic!("on purpose")));
    machine.task(0, 1).finish().unwrap();
}

#[test]
fn the_time_of_the_device_is_measured() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let before = task.gpu.moment().unwrap();
    spin(&task.gpu, 2000);
    let after = task.gpu.moment().unwrap();
    assert!(after.since(&before).unwrap() >= Duration::from_micros(1000));
    assert!(before.since(&after).unwrap().is_zero());
    task.finish().unwrap();
}
