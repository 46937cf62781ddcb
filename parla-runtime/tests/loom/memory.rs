//! The memory of nodes: lookups against ends and recycling.

use loom::sync::Arc;
use loom::thread;

use super::edges::ALIGNMENT;
use super::references::References;
use super::slot::{Found, Slot};
use super::{Plain, join, model};

/// The memory of nodes and the slots of a space: a node is told apart by its number, a task by
/// that of its slot.
struct Memory {
    nodes: [InMemory; 2],
    slots: [Slot; 2],
    /// How often a node was given up by its last holder.
    freed: Plain,
}

struct InMemory {
    references: References,
    /// The task that lives here, plus one; written before the node is brought to life.
    task: Plain,
    /// Written by those who hold the node, read by who frees it.
    notes: [Plain; 2],
}

/// The word by which a node stands in a slot.
fn address(node: usize) -> usize {
    (node + 1) * ALIGNMENT
}

fn node_at(address: usize) -> usize {
    address / ALIGNMENT - 1
}

impl Memory {
    fn new() -> Arc<Self> {
        let node = || InMemory {
            references: References::default(),
            task: Plain::new(),
            notes: [Plain::new(), Plain::new()],
        };
        Arc::new(Self {
            nodes: [node(), node()],
            slots: [Slot::default(), Slot::default()],
            freed: Plain::new(),
        })
    }

    /// Makes a task of a free node.
    fn start(&self, node: usize, task: usize, references: u32) {
        self.nodes[node].task.set(task + 1);
        self.nodes[node].references.start(references);
    }

    /// Makes a task and puts it into its empty slot, which holds it alone.
    fn put(&self, node: usize, task: usize) {
        self.start(node, task, 1);
        assert!(self.slots[task].put(address(node)));
    }

    /// Gives up a reference. True for the last: the memory is the caller's.
    fn let_go(&self, node: usize) -> bool {
        let last = self.nodes[node].references.remove();
        if last {
            self.freed.count();
        }
        last
    }

    /// Looks a task up. The caller gets a reference, and must find that very task.
    fn look(&self, task: usize) -> Found<usize> {
        let found = self.slots[task].look(
            |address| self.nodes[node_at(address)].references.try_add(),
            |address| {
                let _last = self.let_go(node_at(address));
            },
        );
        match found {
            Found::Task(address) => {
                let node = node_at(address);
                assert_eq!(self.nodes[node].task.get(), task + 1, "another task");
                Found::Task(node)
            }
            Found::Nothing => Found::Nothing,
            Found::Ended => Found::Ended,
        }
    }

    /// Whether a lookup of the task finds it.
    fn holds(&self, task: usize) -> bool {
        let found = self.look(task);
        if let Found::Task(node) = found {
            let _not_last = self.let_go(node);
        }
        matches!(found, Found::Task(_))
    }

    /// Looks a task up or makes it of that free node, as often as it takes; with a reference.
    fn reference(&self, task: usize, free: usize) -> usize {
        loop {
            match self.look(task) {
                Found::Task(node) => return node,
                Found::Ended => unreachable!("it has not been spawned"),
                Found::Nothing => {}
            }
            self.start(free, task, 2);
            if self.slots[task].put(address(free)) {
                return free;
            }
            assert!(!self.let_go(free), "that meant for the table");
            assert!(self.let_go(free), "nobody else knows of it");
        }
    }
}

#[test]
fn two_that_name_a_task_first_get_the_same_node() {
    model(|| {
        let memory = Memory::new();
        let other = {
            let memory = memory.clone();
            thread::spawn(move || memory.reference(0, 1))
        };
        let mine = memory.reference(0, 0);
        assert_eq!(mine, other.join().unwrap());
        assert_eq!(memory.nodes[mine].references.count(), 3);
        assert_eq!(memory.nodes[1 - mine].references.count(), 0);
    });
}

/// The task in slot 0 ends, and its node becomes that of the task of slot 1.
fn end_and_recycle(memory: &Memory) {
    memory.slots[0].end();
    if memory.let_go(0) {
        memory.put(0, 1);
    }
}

#[test]
fn a_lookup_never_finds_the_task_that_the_memory_is_given_to_next() {
    model(|| {
        let memory = Memory::new();
        memory.put(0, 0);
        let looker = {
            let memory = memory.clone();
            thread::spawn(move || match memory.look(0) {
                Found::Task(node) => {
                    let _last = memory.let_go(node);
                }
                Found::Ended => {}
                Found::Nothing => unreachable!("the task was named"),
            })
        };
        end_and_recycle(&memory);
        looker.join().unwrap();
        // If the lookup held the node the longest, it left it free.
        let left = u32::from(memory.holds(1));
        assert_eq!(memory.nodes[0].references.count(), left);
        assert_eq!(memory.look(0), Found::Ended);
    });
}

#[test]
fn lookups_of_the_old_and_the_new_task_at_one_address_get_their_own() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let memory = Memory::new();
        memory.put(0, 0);
        let lookers: Vec<_> = (0..2)
            .map(|task| {
                let memory = memory.clone();
                thread::spawn(move || {
                    if let Found::Task(node) = memory.look(task) {
                        let _last = memory.let_go(node);
                    }
                })
            })
            .collect();
        end_and_recycle(&memory);
        join(lookers);
        let left = u32::from(memory.holds(1));
        assert_eq!(memory.nodes[0].references.count(), left);
    });
}

#[test]
fn a_lookup_that_races_with_the_end_of_the_space_keeps_the_node_or_finds_its_end() {
    model(|| {
        let memory = Memory::new();
        memory.put(0, 0);
        let looker = {
            let memory = memory.clone();
            thread::spawn(move || match memory.look(0) {
                Found::Task(node) => {
                    let _last = memory.let_go(node);
                }
                // It counts as ended from then on.
                Found::Ended => {}
                Found::Nothing => unreachable!("the task was named"),
            })
        };
        let taken = memory.slots[0].take();
        assert_eq!(taken.map(node_at), Some(0));
        let _last = memory.let_go(0);
        looker.join().unwrap();
        assert_eq!(memory.freed.get(), 1);
    });
}

#[test]
fn who_gives_up_the_last_reference_sees_what_all_others_did() {
    model(|| {
        let memory = Memory::new();
        memory.start(0, 0, 2);
        let hold = |memory: &Memory, holder: usize| {
            let node = &memory.nodes[0];
            node.notes[holder].set(1);
            let last = memory.let_go(0);
            if last {
                assert_eq!((node.notes[0].get(), node.notes[1].get()), (1, 1));
            }
        };
        let other = {
            let memory = memory.clone();
            thread::spawn(move || hold(&memory, 1))
        };
        hold(&memory, 0);
        other.join().unwrap();
        assert_eq!(memory.freed.get(), 1);
    });
}

#[test]
fn who_is_alone_with_a_node_sees_what_others_did() {
    model(|| {
        let memory = Memory::new();
        memory.start(0, 0, 2);
        let other = {
            let memory = memory.clone();
            thread::spawn(move || {
                memory.nodes[0].notes[1].set(1);
                assert!(!memory.let_go(0));
            })
        };
        let node = &memory.nodes[0];
        if node.references.count() == 1 {
            assert_eq!(node.notes[1].get(), 1, "its last look is not visible");
        }
        other.join().unwrap();
    });
}
