//! The state of a task whose body waits: wake-ups, cancels, starts.

use loom::sync::Arc;
use loom::thread;

use super::super::state::{Cancellation, State, Suspension, TaskState};
use super::super::{join, model};
use super::{Graph, Task, spawn};

fn running() -> Arc<State> {
    let state = Arc::new(State::referenced());
    assert!(state.claim());
    state.publish(0);
    assert!(state.start());
    state
}

#[test]
fn a_wake_up_is_never_lost_to_a_suspension() {
    model(|| {
        let state = running();
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let state = state.clone();
                thread::spawn(move || usize::from(state.wake()))
            })
            .collect();
        let kept = usize::from(state.suspend() == Suspension::Woken);
        let woken: usize = wakers.into_iter().map(|waker| waker.join().unwrap()).sum();
        assert_eq!(kept + woken, 1, "the task is scheduled exactly once");
        assert_eq!(state.stage(), TaskState::Ready);
    });
}

#[test]
fn a_wake_up_finds_the_body_that_was_put_back() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        let waker = spawn(&graph, |graph| {
            let Task { state, body, .. } = &graph.tasks[0];
            if state.wake() {
                assert!(state.start());
                assert_eq!(body.get(), 2, "the body is not visible");
            }
        });
        let Task { state, body, .. } = &graph.tasks[0];
        body.set(2);
        if state.suspend() == Suspension::Woken {
            assert!(state.start());
        }
        join([waker]);
    });
}

#[test]
fn a_suspended_task_is_woken_or_cancelled_and_ends_once() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        let waker = spawn(&graph, |graph| {
            if graph.tasks[0].state.wake() {
                graph.start(0);
            }
        });
        let canceller = spawn(&graph, |graph| {
            let Task { state, body, .. } = &graph.tasks[0];
            match state.cancel() {
                Cancellation::Unstarted | Cancellation::Suspended => {
                    graph.ended_unstarted.count();
                    assert_eq!(body.get(), 2, "the body is not visible");
                }
                Cancellation::Requested => {}
                other => unreachable!("{other:?}"),
            }
        });
        let Task { state, body, .. } = &graph.tasks[0];
        body.set(2);
        match state.suspend() {
            Suspension::Suspended => {}
            Suspension::Woken => graph.start(0),
            Suspension::Ended => graph.ended_unstarted.count(),
        }
        join([waker, canceller]);
        let ended = graph.ended_unstarted.get();
        assert!(ended <= 1, "ended twice");
        assert_eq!(ended == 1, state.is_ended());
        assert!(graph.started.get() + ended <= 1, "ended and started");
        assert!(graph.unlinked.get() <= ended, "only the token");
    });
}

#[test]
fn a_stalled_body_is_abandoned_or_woken_but_not_both() {
    model(|| {
        let state = running();
        assert_eq!(state.suspend(), Suspension::Suspended);
        let waker = {
            let state = state.clone();
            thread::spawn(move || state.wake())
        };
        let abandoned = state.end_suspended();
        let woken = waker.join().unwrap();
        assert!(abandoned != woken);
    });
}

#[test]
fn a_task_is_started_or_cancelled_but_not_both() {
    model(|| {
        let state = Arc::new(State::referenced());
        assert!(state.claim());
        state.publish(0);
        let canceller = {
            let state = state.clone();
            thread::spawn(move || state.cancel())
        };
        let started = state.start();
        match canceller.join().unwrap() {
            Cancellation::Unstarted => assert!(!started),
            Cancellation::Requested => assert!(started && state.is_cancel_requested()),
            other => unreachable!("{other:?}"),
        }
    });
}

#[test]
fn a_cancelled_running_body_ends_at_its_suspension() {
    model(|| {
        let state = running();
        let canceller = {
            let state = state.clone();
            thread::spawn(move || state.cancel())
        };
        let suspension = state.suspend();
        match canceller.join().unwrap() {
            Cancellation::Requested => assert_eq!(suspension, Suspension::Ended),
            Cancellation::Suspended => assert_eq!(suspension, Suspension::Suspended),
            other => unreachable!("{other:?}"),
        }
        assert_eq!(state.stage(), TaskState::Ended);
    });
}
