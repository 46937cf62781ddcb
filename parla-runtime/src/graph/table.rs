//! The tasks of one space by index: what a lookup finds or makes.
//!
//! Small and densely used indices live in buckets of doubling size that are read without a lock;
//! all others in a map. Whether a bucket is dense is decided once, when its first index is used.

use std::collections::HashMap;
use std::ops::Range;

use super::{Dim, Index};
use crate::sync::{Arc, AtomicUsize, Mutex, OnceLock, Ordering};
use crate::task::{Family, Node, TaskState};

/// Indices from 0 to `FIRST - 1` are in bucket 0, the next `FIRST` in bucket 1, the next
/// `2 * FIRST` in bucket 2, and so on.
const FIRST: usize = 64;
const BUCKETS: usize = 27;
/// A bucket up to this size is always dense.
const SMALL: usize = 4096;

type Slots = Box<[OnceLock<Arc<Node>>]>;

#[derive(Debug)]
pub(crate) struct Table {
    shape: Option<Vec<i64>>,
    /// `None`: the bucket's indices are in `sparse`.
    buckets: [OnceLock<Option<Slots>>; BUCKETS],
    sparse: Mutex<HashMap<Index, Arc<Node>>>,
    /// How many tasks the buckets hold; steers the choice of dense buckets.
    dense: AtomicUsize,
}

impl Table {
    pub(crate) fn new(shape: Option<Vec<i64>>) -> Self {
        Self {
            shape,
            buckets: [const { OnceLock::new() }; BUCKETS],
            sparse: Mutex::default(),
            dense: AtomicUsize::new(0),
        }
    }

    pub(crate) fn shape(&self) -> Option<&[i64]> {
        self.shape.as_deref()
    }

    /// Whether the index names a task of this space.
    pub(crate) fn contains(&self, index: &Index) -> bool {
        let indices = index.as_slice();
        match &self.shape {
            None => !indices.is_empty() && indices.iter().all(|&i| i >= 0),
            Some(shape) => {
                indices.len() == shape.len()
                    && indices
                        .iter()
                        .zip(shape)
                        .all(|(i, extent)| (0..*extent).contains(i))
            }
        }
    }

    /// The task of that index, made if it is new; `None` if the index names no task.
    pub(crate) fn reference(&self, family: &Arc<Family>, index: Index) -> Option<Arc<Node>> {
        if !self.contains(&index) {
            return None;
        }
        let Some((slots, offset)) = self.dense_slot(&index) else {
            let mut sparse = self.sparse.lock();
            let make = || Arc::new(Node::new(family.clone(), index.clone()));
            return Some(sparse.entry(index.clone()).or_insert_with(make).clone());
        };
        let node = slots[offset].get_or_init(|| {
            // Relaxed: a hint only.
            self.dense.fetch_add(1, Ordering::Relaxed);
            Arc::new(Node::new(family.clone(), index))
        });
        Some(node.clone())
    }

    /// The bucket and place of an index, if its bucket is a dense one.
    fn dense_slot(&self, index: &Index) -> Option<(&Slots, usize)> {
        let linear = self.linear(index)?;
        // 0 below FIRST; else one more than the number of doublings of FIRST that fit below it.
        let bucket = (linear / FIRST)
            .checked_ilog2()
            .map_or(0, |doublings| doublings as usize + 1);
        let (start, size) = match bucket {
            0 => (0, FIRST),
            _ => (FIRST << (bucket - 1), FIRST << (bucket - 1)),
        };
        let slots = self.buckets.get(bucket)?.get_or_init(|| {
            let used = self.dense.load(Ordering::Relaxed);
            let dense = size <= SMALL || used >= start / 4;
            dense.then(|| (0..size).map(|_| OnceLock::new()).collect())
        });
        slots.as_ref().map(|slots| (slots, linear - start))
    }

    /// The index as one number: itself in one dimension, row-major in a shape.
    fn linear(&self, index: &Index) -> Option<usize> {
        let linear = match (&self.shape, index.as_slice()) {
            (None, [i]) => *i,
            (None, _) => return None,
            (Some(shape), indices) => indices
                .iter()
                .zip(shape)
                .try_fold(0i64, |sum, (i, extent)| {
                    sum.checked_mul(*extent)?.checked_add(*i)
                })?,
        };
        usize::try_from(linear).ok()
    }

    /// All tasks there are, spawned or only referenced, in order of their indices.
    pub(crate) fn nodes(&self) -> Vec<Arc<Node>> {
        let mut nodes: Vec<_> = self.dense_nodes().cloned().collect();
        let sparse = self.sparse.lock();
        if !sparse.is_empty() {
            nodes.extend(sparse.values().cloned());
            drop(sparse);
            nodes.sort_by(|a, b| a.index.cmp(&b.index));
        }
        nodes
    }

    fn dense_nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        let buckets = self
            .buckets
            .iter()
            .filter_map(|bucket| bucket.get()?.as_ref());
        buckets.flat_map(|slots| slots.iter().filter_map(OnceLock::get))
    }

    /// Whether no task of this space can ever hold anything up.
    pub(crate) fn is_settled(&self) -> bool {
        self.dense_nodes().all(is_settled) && self.sparse.lock().values().all(is_settled)
    }

    /// Visits the selected tasks in row-major order, making those that are new.
    pub(crate) fn select(
        &self,
        family: &Arc<Family>,
        dims: &[Dim],
        visit: &mut dyn FnMut(Arc<Node>),
    ) {
        if let Some(index) = Self::single(dims) {
            self.reference(family, index).into_iter().for_each(visit);
            return;
        }
        if self.shape.is_none() && dims.iter().any(|dim| dim.is_open()) {
            self.select_existing(dims, visit);
            return;
        }
        if self
            .shape
            .as_ref()
            .is_some_and(|shape| shape.len() != dims.len())
        {
            return;
        }
        let bounds = |d: usize| 0..self.shape.as_ref().map_or(i64::MAX, |shape| shape[d]);
        let choices: Vec<Vec<i64>> = dims
            .iter()
            .enumerate()
            .map(|(d, dim)| dim.indices(&bounds(d)))
            .collect();
        if dims.is_empty() || choices.iter().any(Vec::is_empty) {
            return;
        }
        let mut at = vec![0usize; dims.len()];
        loop {
            let indices: Vec<i64> = at.iter().zip(&choices).map(|(&k, c)| c[k]).collect();
            if let Some(node) = self.reference(family, Index::from_slice(&indices)) {
                visit(node);
            }
            // Counts up like an odometer, last dimension fastest.
            let Some(d) = (0..dims.len())
                .rev()
                .find(|&d| at[d] + 1 < choices[d].len())
            else {
                return;
            };
            at[d] += 1;
            at[d + 1..].fill(0);
        }
    }

    /// The index, if the selection names just one; free of allocation up to two dimensions.
    fn single(dims: &[Dim]) -> Option<Index> {
        match *dims {
            [Dim::At(i)] => Some(Index::One([i])),
            [Dim::At(i), Dim::At(j)] => Some(Index::Two([i, j])),
            _ => None,
        }
    }

    fn select_existing(&self, dims: &[Dim], visit: &mut dyn FnMut(Arc<Node>)) {
        let nodes = self.nodes();
        let extent = |d: usize| {
            let used = nodes
                .iter()
                .filter_map(|node| node.index.as_slice().get(d).copied())
                .max();
            used.map_or(0, |largest| largest.saturating_add(1))
        };
        let chosen: Vec<std::collections::HashSet<i64>> = (dims.iter().enumerate())
            .map(|(d, dim)| {
                dim.indices(&Range {
                    start: 0,
                    end: extent(d),
                })
                .into_iter()
                .collect()
            })
            .collect();
        for node in nodes {
            let indices = node.index.as_slice();
            if indices.len() == dims.len()
                && indices.iter().zip(&chosen).all(|(i, c)| c.contains(i))
            {
                visit(node);
            }
        }
    }
}

fn is_settled(node: &Arc<Node>) -> bool {
    match node.state.stage() {
        TaskState::Ended => true,
        // Somebody who still holds the reference may make others wait for it.
        TaskState::Referenced => Arc::strong_count(node) == 1 && !node.is_waited_for(),
        _ => false,
    }
}
