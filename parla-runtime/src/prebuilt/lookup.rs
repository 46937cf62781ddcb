//! The tasks of one space of a graph by index: what a lookup finds or makes.
//!
//! Unlike `graph/table.rs`, it is used by one thread and knows tasks by number.

use std::collections::HashMap;

use super::names::Names;
use crate::graph::{Dim, Index, Shape};
use crate::sync::Arc;

/// Up to here, an array serves however few indices are used; beyond, only if a quarter of them are.
const SMALL: usize = 4096;
const NONE: u32 = u32::MAX;

/// A space of a graph that is being built.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) name: Arc<str>,
    shape: Shape,
    dense: Vec<u32>,
    sparse: HashMap<Index, u32>,
    /// All tasks, in order of their first lookup.
    tasks: Vec<u32>,
}

impl Lookup {
    pub(super) fn new(name: Arc<str>, shape: Option<Vec<i64>>) -> Self {
        Self {
            name,
            shape: Shape::new(shape),
            dense: Vec::new(),
            sparse: HashMap::new(),
            tasks: Vec::new(),
        }
    }

    /// What is wrong with that number of indices, if the space has a shape of another rank.
    pub(super) fn rank_mistake(&self, given: usize) -> Option<String> {
        self.shape.rank_mistake(&self.name, given)
    }

    /// The task of that index; `next` is the number of the next new task. `None` if the index
    /// names no task.
    pub(super) fn task(&mut self, index: &Index, next: u32) -> Option<u32> {
        if !self.shape.contains(index) {
            return None;
        }
        let linear = self
            .shape
            .linear(index)
            .and_then(|at| usize::try_from(at).ok());
        let slot = match linear {
            Some(at) if at < SMALL || at / 4 <= self.tasks.len() => {
                if self.dense.len() <= at {
                    self.dense.resize(at + 1, NONE);
                }
                // An index that was looked up when it was far from all others.
                if self.dense[at] == NONE && !self.sparse.is_empty() {
                    self.dense[at] = self.sparse.get(index).copied().unwrap_or(NONE);
                }
                &mut self.dense[at]
            }
            _ => self.sparse.entry(index.clone()).or_insert(NONE),
        };
        if *slot == NONE {
            *slot = next;
            self.tasks.push(next);
        }
        Some(*slot)
    }

    /// All tasks so far, in order of their indices.
    pub(super) fn tasks(&self, names: &Names) -> Vec<u32> {
        let mut tasks = self.tasks.clone();
        tasks.sort_by_key(|task| &names.references[*task as usize].index);
        tasks
    }

    /// The selected indices, in row-major order.
    pub(super) fn select(&self, dims: &[Dim], names: &Names) -> Vec<Index> {
        let existing = || {
            let tasks = self.tasks(names).into_iter();
            tasks
                .map(|task| names.references[task as usize].index.clone())
                .collect()
        };
        let mut selected = Vec::new();
        self.shape
            .select(dims, existing, &mut |index| selected.push(index));
        selected
    }
}
