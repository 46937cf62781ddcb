//! Dependencies: registration, end, failure, cancel, walks and waits.

mod suspension;

use loom::sync::Arc;
use loom::thread;

use super::edges::{ALIGNMENT, ENTRY_BITS, Link, Successors};
use super::state::{Cancellation, Released, State, TaskState};
use super::{Plain, join, model};

/// Some tasks, told apart by their numbers, and what became of them altogether.
struct Graph {
    tasks: [Task; 3],
    started: Plain,
    ended_unstarted: Plain,
    /// How often the last link, or the token, of a task that ended before its start was given up:
    /// what the reference added at that end is dropped by.
    unlinked: Plain,
}

/// What the protocols touch of one task.
struct Task {
    state: State,
    successors: Successors,
    links: [Link; 2],
    /// Written by the spawner, before the task is published.
    body: Plain,
    /// Written by who ends the task, before its list is closed.
    outcome: Plain,
    /// The tasks it depends on.
    depends_on: &'static [usize],
}

/// Task 2 may depend on 0 and 1, and 1 on 0, as far as a model registers that.
const DEPENDENCIES: [&[usize]; 3] = [&[], &[0], &[0, 1]];

/// The word by which link `nth` of a task stands in a list.
fn entry(task: usize, nth: usize) -> usize {
    ((task + 1) * ALIGNMENT) | nth
}

/// The task and the number of its link; none for the end of a list.
fn meaning(entry: usize) -> Option<(usize, usize)> {
    let task = (entry / ALIGNMENT).checked_sub(1)?;
    Some((task, entry & ENTRY_BITS))
}

impl Graph {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            tasks: DEPENDENCIES.map(|depends_on| Task {
                state: State::referenced(),
                successors: {
                    let successors = Successors::new();
                    successors.open();
                    successors
                },
                links: [Link::unused(), Link::unused()],
                body: Plain::new(),
                outcome: Plain::new(),
                depends_on,
            }),
            started: Plain::new(),
            ended_unstarted: Plain::new(),
            unlinked: Plain::new(),
        })
    }

    /// Claims a task and publishes it with that many links.
    fn publish(&self, task: usize, links: u32) {
        let Task { state, body, .. } = &self.tasks[task];
        assert!(state.claim());
        body.set(1);
        state.publish(links);
    }

    /// Runs a task without dependencies up to its end.
    fn run(&self, task: usize) {
        self.publish(task, 0);
        assert!(self.tasks[task].state.start());
    }

    /// Registers link `nth` of a published task with its dependency of that number; takes the link
    /// away at once if that has ended.
    fn depend(&self, task: usize, nth: usize) {
        let dependency = &self.tasks[self.tasks[task].depends_on[nth]];
        let link = &self.tasks[task].links[nth];
        if dependency.successors.push(entry(task, nth), link).is_err() {
            assert_eq!(dependency.outcome.get(), 1, "closed without an outcome");
            self.release(task);
        }
    }

    /// Takes a link of a task away; starts the task if that was the last.
    fn release(&self, task: usize) {
        match self.tasks[task].state.release(1) {
            Released::Held => {}
            Released::Ready => {
                // Who has the token looks at what the task asks for.
                self.see(task);
                self.start(task);
            }
            Released::Unlinked => self.unlinked.count(),
        }
    }

    /// As `release`, by the shortcut for a worker that would run the dependent next.
    fn release_and_start(&self, task: usize) {
        if self.tasks[task].state.release_and_start() {
            self.runs(task);
        } else {
            self.release(task);
        }
    }

    /// Starts a task by its ready token.
    fn start(&self, task: usize) {
        if self.tasks[task].state.start() {
            self.runs(task);
        } else {
            self.unlinked.count();
        }
    }

    fn runs(&self, task: usize) {
        self.started.count();
        self.see(task);
    }

    /// Looks at all that a start of the task relies on.
    fn see(&self, task: usize) {
        assert_ne!(self.tasks[task].body.get(), 0, "the body is not visible");
        for &dependency in self.tasks[task].depends_on {
            let dependency = &self.tasks[dependency];
            assert_eq!(dependency.outcome.get(), 1, "an outcome is not visible");
        }
    }

    /// Ends a running task and tells its dependents by `tell`. One that was told may be gone: the
    /// model makes its links useless.
    fn end(&self, task: usize, tell: impl Fn(usize)) {
        let ending = &self.tasks[task];
        ending.outcome.set(1);
        ending.state.end();
        let mut left = ending.successors.close().newest;
        while let Some((dependent, nth)) = meaning(left) {
            left = self.tasks[dependent].links[nth].next().entry;
            tell(dependent);
        }
    }

    /// Ends a task that has not started, unless it has.
    fn end_unstarted(&self, task: usize) {
        if self.tasks[task].state.end_unstarted() {
            self.ended_unstarted.count();
            assert_eq!(self.tasks[task].body.get(), 1, "the body is not visible");
        }
    }
}

fn spawn(graph: &Arc<Graph>, act: impl FnOnce(&Graph) + Send + 'static) -> thread::JoinHandle<()> {
    let graph = graph.clone();
    thread::spawn(move || act(&graph))
}

#[test]
fn a_registration_that_races_with_the_end_is_told_of_or_refused() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        let ender = spawn(&graph, |graph| graph.end(0, |task| graph.release(task)));
        graph.publish(1, 1);
        graph.depend(1, 0);
        join([ender]);
        assert_eq!(graph.started.get(), 1);
    });
}

#[test]
fn registrations_that_race_for_a_list_are_all_told() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        let other = spawn(&graph, |graph| {
            graph.publish(1, 1);
            graph.depend(1, 0);
        });
        // Its second dependency ended long ago.
        graph.tasks[1].outcome.set(1);
        graph.publish(2, 1);
        graph.depend(2, 0);
        graph.end(0, |task| graph.release(task));
        join([other]);
        assert_eq!(graph.started.get(), 2);
    });
}

#[test]
fn two_ends_start_a_dependent_once_and_show_both_outcomes() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.run(1);
        let enders = [0, 1].map(|task| {
            spawn(&graph, move |graph| {
                graph.end(task, |task| graph.release(task));
            })
        });
        graph.publish(2, 2);
        graph.depend(2, 0);
        graph.depend(2, 1);
        join(enders);
        assert_eq!(graph.started.get(), 1);
    });
}

#[test]
fn the_shortcut_to_the_start_is_taken_by_the_last_link_alone() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.run(1);
        graph.publish(2, 2);
        graph.depend(2, 0);
        graph.depend(2, 1);
        let enders = [0, 1].map(|task| {
            spawn(&graph, move |graph| {
                graph.end(task, |task| graph.release_and_start(task));
            })
        });
        join(enders);
        assert_eq!(graph.started.get(), 1);
    });
}

#[test]
fn a_task_that_ends_with_links_left_is_unlinked_once_and_never_started() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.run(1);
        graph.publish(2, 2);
        graph.depend(2, 0);
        graph.depend(2, 1);
        let enders = [0, 1].map(|task| {
            spawn(&graph, move |graph| {
                graph.end(task, |task| graph.release(task));
            })
        });
        graph.end_unstarted(2);
        join(enders);
        let ended = graph.ended_unstarted.get();
        assert_eq!(graph.started.get() + ended, 1, "started or ended");
        assert_eq!(graph.unlinked.get(), ended, "its last link or its token");
    });
}

#[test]
fn the_shortcut_does_not_start_a_task_that_has_ended() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.publish(1, 1);
        graph.depend(1, 0);
        let ender = spawn(&graph, |graph| {
            graph.end(0, |task| graph.release_and_start(task));
        });
        graph.end_unstarted(1);
        join([ender]);
        let ended = graph.ended_unstarted.get();
        assert_eq!(graph.started.get() + ended, 1, "started or ended");
        assert_eq!(graph.unlinked.get(), ended, "its last link");
    });
}

#[test]
fn two_that_end_a_task_before_its_start_are_one() {
    model(|| {
        let graph = Graph::new();
        graph.publish(0, 1);
        let other = spawn(&graph, |graph| match graph.tasks[0].state.cancel() {
            Cancellation::Unstarted => graph.ended_unstarted.count(),
            Cancellation::TooLate => {}
            other => unreachable!("{other:?}"),
        });
        graph.end_unstarted(0);
        graph.release(0);
        join([other]);
        let all = (
            graph.ended_unstarted.get(),
            graph.unlinked.get(),
            graph.started.get(),
        );
        assert_eq!(all, (1, 1, 0));
    });
}

#[test]
fn a_cancel_that_races_with_the_spawn_finds_no_body_or_all_of_it() {
    model(|| {
        let graph = Graph::new();
        let canceller = spawn(&graph, |graph| {
            let Task { state, body, .. } = &graph.tasks[0];
            match state.cancel() {
                Cancellation::Unspawned => assert!(!state.claim() && !state.was_spawned()),
                Cancellation::Unstarted => {
                    graph.ended_unstarted.count();
                    assert_eq!(body.get(), 1, "the body is not visible");
                }
                Cancellation::Requested => assert!(state.is_cancel_requested()),
                other => unreachable!("{other:?}"),
            }
        });
        let Task { state, body, .. } = &graph.tasks[0];
        if state.claim() {
            body.set(1);
            state.publish(0);
            graph.start(0);
        } else {
            assert!(state.is_ended() && !state.was_spawned());
        }
        join([canceller]);
        let ended = graph.ended_unstarted.get();
        let spawned = graph.started.get() + ended;
        assert_eq!(spawned, graph.tasks[0].body.get(), "once, if spawned");
        assert_eq!(graph.unlinked.get(), ended, "the token");
    });
}

#[test]
fn two_spawns_of_a_task_are_one() {
    model(|| {
        let graph = Graph::new();
        let claim = |graph: &Graph| {
            if graph.tasks[0].state.claim() {
                graph.started.count();
            }
        };
        let other = spawn(&graph, claim);
        claim(&graph);
        join([other]);
        assert_eq!(graph.started.get(), 1);
    });
}

/// Walks along the list of task 0, which holds task 1 if it is open.
fn walk(graph: &Graph) {
    graph.tasks[0].successors.with_locked(|newest| {
        let (mut left, mut met) = (newest, 0);
        while let Some((task, nth)) = meaning(left) {
            let task = &graph.tasks[task];
            assert_eq!(task.state.stage(), TaskState::Waiting, "it was told");
            assert_eq!(task.body.get(), 1, "it is not visible");
            left = task.links[nth].next().entry;
            met += task.depends_on.len();
        }
        assert!(met == 1 || met == 3, "an entry is lost or strange");
    });
}

#[test]
fn a_walk_along_a_list_meets_only_who_has_not_been_told() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.publish(1, 1);
        graph.depend(1, 0);
        let walker = spawn(&graph, walk);
        graph.end(0, |task| graph.release(task));
        join([walker]);
        assert_eq!(graph.started.get(), 1);
    });
}

#[test]
fn a_walk_along_a_list_meets_whole_entries_and_loses_none() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        graph.publish(1, 1);
        graph.depend(1, 0);
        let walker = spawn(&graph, walk);
        graph.tasks[1].outcome.set(1);
        graph.publish(2, 1);
        graph.depend(2, 0);
        join([walker]);
        graph.end(0, |task| graph.release(task));
        assert_eq!(graph.started.get(), 2);
    });
}

#[test]
fn a_wait_and_a_registration_that_race_are_both_noted() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        let waiter = spawn(&graph, |graph| {
            assert!(graph.tasks[0].successors.note_awaited().is_ok());
        });
        graph.publish(1, 1);
        graph.depend(1, 0);
        join([waiter]);
        assert!(graph.tasks[0].successors.is_used());
        let closing = graph.tasks[0].successors.close();
        assert_eq!((closing.newest, closing.awaited), (entry(1, 0), true));
    });
}

#[test]
fn a_wait_that_races_with_the_end_is_woken_or_sees_it() {
    model(|| {
        let graph = Graph::new();
        graph.run(0);
        // Stands in for the registry, whose lock would order more than is promised.
        let cell = Arc::new(Plain::new());
        let waiter = {
            let cell = cell.clone();
            spawn(&graph, move |graph| {
                cell.set(1);
                let Task {
                    successors,
                    outcome,
                    ..
                } = &graph.tasks[0];
                if successors.note_awaited().is_err() {
                    assert!(successors.is_closed());
                    assert_eq!(outcome.get(), 1, "closed without an outcome");
                    cell.set(2);
                }
            })
        };
        let ending = &graph.tasks[0];
        ending.outcome.set(1);
        ending.state.end();
        let awaited = ending.successors.close().awaited;
        if awaited {
            assert_eq!(cell.get(), 1, "the cell is not visible");
        }
        join([waiter]);
        assert_eq!(awaited, cell.get() == 1, "one of the two");
    });
}
