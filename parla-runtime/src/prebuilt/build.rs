//! From the collected tasks to the form in which they run, or to the list of all mistakes.

use std::collections::BTreeMap;

use super::builder::{Draft, Spawned};
use super::plan::Plan;
use crate::error::{GraphError, GraphMistake};

/// No more tasks, so that the numbers of ranges of them fit into the number of a job.
const MOST: usize = 1 << 30;
const NONE: u32 = u32::MAX;

impl<I: ?Sized> Draft<I> {
    /// The graph.
    ///
    /// # Panics
    ///
    /// If it has too many tasks or dependencies.
    pub(super) fn build(mut self) -> Result<Plan<I>, GraphError> {
        assert!(
            self.spawned.len() <= MOST && self.dependencies.len() < NONE as usize,
            "a prebuilt graph can have {MOST} tasks and {} dependencies",
            NONE - 1,
        );
        self.number_dependencies();
        if self.mistakes.is_empty() {
            self.find_cycles();
        }
        if !self.mistakes.is_empty() {
            return Err(GraphError::new(self.mistakes));
        }
        let references: Vec<u32> = self.spawned.iter().map(|task| task.reference).collect();
        let lists =
            (0..self.spawned.len()).map(|node| list(&self.spawned, &self.dependencies, node));
        Ok(Plan::new(self.nodes, lists, &references, self.names))
    }

    /// The dependencies of a spawned task.
    fn dependencies_of(&self, node: usize) -> &[u32] {
        list(&self.spawned, &self.dependencies, node)
    }

    /// Names dependencies by their place among the spawned tasks instead of by reference; notes
    /// those that were never spawned.
    fn number_dependencies(&mut self) {
        let mut numbers = vec![NONE; self.names.references.len()];
        for (number, task) in (0..).zip(&self.spawned) {
            numbers[task.reference as usize] = number;
        }
        let mut missing: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (node, task) in self.spawned.iter().enumerate() {
            for &dependency in self.dependencies_of(node) {
                if numbers[dependency as usize] == NONE {
                    missing.entry(dependency).or_default().push(task.reference);
                }
            }
        }
        for (task, dependents) in missing {
            let dependents = dependents.into_iter().map(|task| self.names.of(task));
            let dependents = dependents.collect();
            let task = self.names.of(task);
            self.mistakes
                .push(GraphMistake::NeverSpawned { task, dependents });
        }
        for dependency in &mut self.dependencies {
            *dependency = numbers[*dependency as usize];
        }
    }

    /// Notes every cycle that can be found without going over a task twice.
    fn find_cycles(&mut self) {
        let count = self.spawned.len();
        let in_order = |node: usize| {
            let mut dependencies = self.dependencies_of(node).iter();
            dependencies.all(|&before| (before as usize) < node)
        };
        // The usual case: nothing depends on what is spawned later.
        if (0..count).all(in_order) {
            return;
        }
        // Takes away what depends on nothing that is left, again and again.
        let mut left: Vec<usize> = (0..count).map(|n| self.dependencies_of(n).len()).collect();
        let mut dependents = vec![Vec::new(); count];
        for node in 0..count {
            for &before in self.dependencies_of(node) {
                dependents[before as usize].push(node);
            }
        }
        let mut free: Vec<usize> = (0..count).filter(|&node| left[node] == 0).collect();
        while let Some(node) = free.pop() {
            for &dependent in &dependents[node] {
                left[dependent] -= 1;
                if left[dependent] == 0 {
                    free.push(dependent);
                }
            }
        }
        // From whatever is left, one dependency that is left leads to the next, and in the end
        // round a cycle. A walk that meets an earlier one finds no new cycle.
        let mut walked = vec![0usize; count];
        for start in 0..count {
            let (mut at, mut path) = (start, Vec::new());
            while left[at] > 0 && walked[at] == 0 {
                walked[at] = start + 1;
                path.push(at);
                let mut dependencies = self.dependencies_of(at).iter();
                let next = dependencies.find(|&&before| left[before as usize] > 0);
                at = next.map_or(at, |&next| next as usize);
            }
            if let Some(begin) = path.iter().position(|&node| node == at) {
                let cycle = path[begin..].iter();
                let cycle = cycle.map(|&node| self.names.of(self.spawned[node].reference));
                let cycle = cycle.collect();
                self.mistakes.push(GraphMistake::Cycle(cycle));
            }
        }
    }
}

/// The dependencies of a spawned task: they end where it says, and begin where those of the one
/// before end.
fn list<'a>(spawned: &[Spawned], dependencies: &'a [u32], node: usize) -> &'a [u32] {
    let before = node.checked_sub(1);
    let begin = before.map_or(0, |before| spawned[before].dependencies);
    &dependencies[begin as usize..spawned[node].dependencies as usize]
}
