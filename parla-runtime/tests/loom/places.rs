//! Dependencies by place: a link is pushed onto the list of a node that nobody holds, and that may
//! be another task's by then.

use loom::sync::Arc;
use loom::thread;

use super::edges::{ALIGNMENT, Link, Successors};
use super::references::References;
use super::slot::{Found, Slot};
use super::state::{Released, State};
use super::{Plain, join, model};

/// The word by which the only node stands in a slot.
const ADDRESS: usize = ALIGNMENT;

/// One node, which is task 0 and then task 1, and two tasks that depend on one of these each.
struct Places {
    successors: Successors,
    references: References,
    slots: [Slot; 2],
    /// Written by who ends the task.
    outcomes: [Plain; 2],
    dependents: [Dependent; 2],
}

struct Dependent {
    state: State,
    link: Link,
    references: References,
    started: Plain,
    /// Written by the spawner that holds it for a void link.
    held: Plain,
    /// How often it was given up by its last holder.
    freed: Plain,
    /// Its only dependency.
    depends_on: usize,
}

fn entry(dependent: usize) -> usize {
    (dependent + 1) * ALIGNMENT
}

impl Places {
    /// Task 0 runs.
    fn new(depends_on: [usize; 2]) -> Arc<Self> {
        let places = Self {
            successors: Successors::new(),
            references: References::default(),
            slots: [Slot::default(), Slot::default()],
            outcomes: [Plain::new(), Plain::new()],
            dependents: depends_on.map(|depends_on| Dependent {
                state: State::referenced(),
                link: Link::unused(),
                references: References::default(),
                started: Plain::new(),
                held: Plain::new(),
                freed: Plain::new(),
                depends_on,
            }),
        };
        places.begin(0);
        Arc::new(places)
    }

    /// Makes the node a task's.
    fn begin(&self, task: usize) {
        self.successors.open();
        self.references.start(1);
        assert!(self.slots[task].put(ADDRESS));
    }

    /// Ends the task whose node it is, and frees the node.
    fn end(&self, task: usize) {
        self.outcomes[task].set(1);
        self.close(task);
        self.slots[task].end();
        assert!(self.references.remove(), "nobody else holds it");
    }

    /// Closes the list and tells those that depend on `task`.
    fn close(&self, task: usize) {
        let mut left = self.successors.close().newest;
        while let Some(number) = (left / ALIGNMENT).checked_sub(1) {
            let dependent = &self.dependents[number];
            let next = dependent.link.next();
            left = next.entry;
            if next.is_void {
                assert_eq!(dependent.held.get(), 1, "not held");
                dependent.let_go();
            } else {
                assert_eq!(dependent.depends_on, task, "told by another task");
                self.release(number);
            }
        }
    }

    /// Spawns a dependent by the place of what it depends on.
    fn spawn(&self, number: usize) {
        let dependent = &self.dependents[number];
        let slot = &self.slots[dependent.depends_on];
        dependent.references.start(1);
        assert!(dependent.state.claim());
        dependent.state.publish(1);
        let late = match slot.peek() {
            Found::Nothing => unreachable!("it was named"),
            Found::Ended => true,
            Found::Task(address) => {
                let is_here = || slot.has(address);
                let hold = || {
                    dependent.references.add();
                    dependent.held.set(1);
                };
                let pushed =
                    (self.successors).push_unheld(entry(number), &dependent.link, is_here, hold);
                pushed.is_err()
            }
        };
        if late {
            self.release(number);
        }
        dependent.let_go();
    }

    fn release(&self, number: usize) {
        let dependent = &self.dependents[number];
        assert_eq!(dependent.state.release(1), Released::Ready);
        assert_eq!(self.outcomes[dependent.depends_on].get(), 1, "early");
        dependent.started.count();
    }

    /// Whether the dependent has run once and was freed once.
    fn assert_ran(&self, number: usize) {
        assert_eq!(self.dependents[number].started.get(), 1);
        assert_eq!(self.dependents[number].freed.get(), 1);
    }
}

impl Dependent {
    fn let_go(&self) {
        if self.references.remove() {
            self.freed.count();
        }
    }
}

fn go(places: &Arc<Places>, act: impl FnOnce(&Places) + Send + 'static) -> thread::JoinHandle<()> {
    let places = places.clone();
    thread::spawn(move || act(&places))
}

#[test]
fn a_link_that_lands_in_the_list_of_the_next_task_is_void() {
    model(|| {
        let places = Places::new([0, 1]);
        let spawner = go(&places, |places| places.spawn(0));
        places.end(0);
        places.begin(1);
        places.end(1);
        join([spawner]);
        places.assert_ran(0);
    });
}

#[test]
fn a_void_link_does_not_outlive_a_task_that_is_never_spawned() {
    model(|| {
        let places = Places::new([0, 1]);
        let spawner = go(&places, |places| places.spawn(0));
        places.end(0);
        places.begin(1);
        // Its space is gone: the node is freed with its list open.
        assert_eq!(places.slots[1].take(), Some(ADDRESS));
        assert!(places.references.remove());
        assert!(!places.successors.is_closed());
        places.close(1);
        join([spawner]);
        places.assert_ran(0);
    });
}

#[test]
fn void_and_other_links_in_one_list_are_told_apart() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let places = Places::new([0, 1]);
        let stale = go(&places, |places| places.spawn(0));
        places.end(0);
        places.begin(1);
        let other = go(&places, |places| places.spawn(1));
        places.end(1);
        join([stale, other]);
        places.assert_ran(0);
        places.assert_ran(1);
    });
}

#[test]
fn a_walk_along_a_list_waits_for_what_is_tentative() {
    model(|| {
        let places = Places::new([0, 1]);
        let spawner = go(&places, |places| places.spawn(0));
        places.end(0);
        places.begin(1);
        places.successors.with_locked(|newest| {
            if newest != 0 {
                assert_eq!(newest, entry(0));
                assert!(places.dependents[0].link.next().is_void);
            }
        });
        places.end(1);
        join([spawner]);
        places.assert_ran(0);
    });
}
