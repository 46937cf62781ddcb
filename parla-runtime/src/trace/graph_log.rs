//! The graph of the tasks that a runtime was given, as it grows. Off unless asked for.

use rustc_hash::FxHashMap;

use crate::graph::Index;
use crate::scheduler::Descriptor;
use crate::sync::{Mutex, Weak};
use crate::task::{Family, Node};
use crate::task_graph::TaskGraph;

/// The tasks of one runtime so far, and what each comes after.
#[derive(Debug, Default)]
pub(crate) struct GraphLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    numbers: FxHashMap<Key, usize>,
    names: Vec<String>,
    /// From a dependency to who depends on it.
    edges: Vec<(usize, usize)>,
}

/// A task, also when it is there no more. The family is compared by its address, which none else
/// gets as long as this is kept.
#[derive(Debug, Clone)]
struct Key(Weak<Family>, Index);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0) && self.1 == other.1
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_ptr().hash(state);
        self.1.hash(state);
    }
}

impl GraphLog {
    /// A task is spawned.
    pub(crate) fn add(&self, task: &Node) {
        let (family, index, name) = (task.family(), task.index(), task.name().to_string());
        let mut state = self.0.lock();
        let number = state.number(family, index);
        // As it is called now, where it was only known as a dependency before.
        state.names[number] = name;
    }

    /// A task is spawned that comes after those of its descriptor.
    pub(crate) fn add_dependencies(&self, task: &Node, descriptor: &Descriptor) {
        for dependency in &descriptor.dependencies {
            self.add_dependency(task, dependency.family(), dependency.index());
        }
        let family = task.family();
        for &place in &descriptor.places {
            self.add_dependency(task, family, family.index_at(place));
        }
    }

    /// A task that is being spawned comes after that one.
    pub(crate) fn add_dependency(&self, task: &Node, family: &Family, dependency: Index) {
        let mut state = self.0.lock();
        let before = state.number(family, dependency);
        let after = state.number(task.family(), task.index());
        state.edges.push((before, after));
    }

    /// The graph so far, each edge once.
    pub(crate) fn to_graph(&self) -> TaskGraph {
        let (names, mut edges) = {
            let state = self.0.lock();
            (state.names.clone(), state.edges.clone())
        };
        edges.sort_unstable();
        edges.dedup();
        TaskGraph::new(names, edges)
    }
}

impl State {
    fn number(&mut self, family: &Family, index: Index) -> usize {
        let key = Key(family.weak(), index);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.names.len();
        let name = family.name_of(&key.1);
        self.names.push(name.to_string());
        self.numbers.insert(key, number);
        number
    }
}
