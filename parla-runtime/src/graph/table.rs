//! The tasks of one space by index: what a lookup finds or makes.
//!
//! Indices live in pages, which are made when they are first used and found without a lock through
//! buckets of doubling size. Large indices that come without many smaller ones live in a map.
//! Whether a bucket has pages is decided once, when its first index is used.

use std::collections::HashMap;
use std::ops::Range;

use super::{Dim, Found, Index, Slot};
use crate::sync::{Mutex, OnceLock};
use crate::task::{Family, Node, NodeRef, TaskState};

/// Slots of a page.
const PAGE: usize = 64;
/// The indices of one page are in bucket 0, those of the next in bucket 1, those of the next two in
/// bucket 2, and so on.
const BUCKETS: usize = 27;
/// A bucket of up to so many indices always has pages.
const SMALL: usize = 1 << 22;
/// Larger numbers than this stand for no index: a node needs the upper bits.
const LARGEST: usize = 1 << 48;

type Page = [Slot; PAGE];
/// The pages of a bucket, as far as they are used.
type Pages = Box<[OnceLock<Box<Page>>]>;

#[derive(Debug)]
pub(crate) struct Table {
    shape: Option<Vec<i64>>,
    /// `None`: the bucket's indices are in `sparse`.
    buckets: [OnceLock<Option<Pages>>; BUCKETS],
    sparse: Mutex<HashMap<Index, Slot>>,
}

/// What a lookup finds.
#[derive(Debug)]
pub(crate) enum Place {
    /// The task, made if it is new.
    Node(NodeRef),
    /// A task that has ended well, and of which no more is known.
    Ended(Index),
    /// The index names no task of the space.
    Nowhere(Index),
}

impl Table {
    pub(crate) fn new(shape: Option<Vec<i64>>) -> Self {
        Self {
            shape,
            buckets: [const { OnceLock::new() }; BUCKETS],
            sparse: Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn shape(&self) -> Option<&[i64]> {
        self.shape.as_deref()
    }

    /// Whether the index names a task of this space.
    #[inline]
    fn contains(&self, index: &Index) -> bool {
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

    /// The task of that index, or what stands for it: see [`Place::into_node`].
    #[inline]
    pub(crate) fn reference(&self, family: &Family, index: Index) -> NodeRef {
        let slot = match self.linear_inside(&index) {
            Some(linear) => self.slot(linear).map(|slot| (linear, slot)),
            None => None,
        };
        let Some((linear, slot)) = slot else {
            return self.find(family, index).into_node(family);
        };
        loop {
            match NodeRef::look(slot) {
                Found::Task(node) => return node,
                Found::Ended => {
                    return NodeRef::after_its_end(family, Some(linear as u64), &index);
                }
                Found::Nothing => {}
            }
            let node = NodeRef::for_table(family, Some(linear as u64), &index);
            if let Some(node) = node.put_in(slot) {
                return node;
            }
        }
    }

    /// The index as one number, if it names a task and has one.
    #[inline]
    fn linear_inside(&self, index: &Index) -> Option<usize> {
        match (&self.shape, index.as_slice()) {
            (None, &[i]) => usize::try_from(i).ok().filter(|&i| i < LARGEST),
            _ if self.contains(index) => self.linear(index),
            _ => None,
        }
    }

    /// As [`reference`](Self::reference), wherever the task is kept.
    #[cold]
    fn find(&self, family: &Family, index: Index) -> Place {
        if !self.contains(&index) {
            return Place::Nowhere(index);
        }
        let linear = self.linear(&index);
        if let Some(slot) = linear.and_then(|linear| self.slot(linear)) {
            return Self::find_in(slot, family, linear, index);
        }
        let mut sparse = self.sparse.lock();
        let slot = sparse.entry(index.clone()).or_default();
        Self::find_in(slot, family, linear, index)
    }

    fn find_in(slot: &Slot, family: &Family, linear: Option<usize>, index: Index) -> Place {
        loop {
            match NodeRef::look(slot) {
                Found::Task(node) => return Place::Node(node),
                Found::Ended => return Place::Ended(index),
                Found::Nothing => {}
            }
            let place = linear.map(|linear| linear as u64);
            if let Some(node) = NodeRef::for_table(family, place, &index).put_in(slot) {
                return Place::Node(node);
            }
        }
    }

    /// The place of an index, if its bucket has pages.
    #[inline]
    fn slot(&self, linear: usize) -> Option<&Slot> {
        let page = linear / PAGE;
        // 0 for the first page; else one more than the number of doublings below it.
        let bucket = page
            .checked_ilog2()
            .map_or(0, |doublings| doublings as usize + 1);
        let pages = self.buckets.get(bucket)?;
        let pages = match pages.get() {
            Some(pages) => pages,
            None => pages.get_or_init(|| self.make_bucket(bucket)),
        };
        let page = &pages.as_ref()?[page - first_page(bucket)];
        let page = match page.get() {
            Some(page) => page,
            None => page.get_or_init(|| Box::new(std::array::from_fn(|_| Slot::default()))),
        };
        Some(&page[linear % PAGE])
    }

    #[cold]
    fn make_bucket(&self, bucket: usize) -> Option<Pages> {
        let pages = first_page(bucket).max(1);
        let well_used = pages * PAGE <= SMALL || self.is_well_used(bucket - 1);
        well_used.then(|| (0..pages).map(|_| OnceLock::new()).collect())
    }

    /// Whether many of a bucket's pages are used, so that those of the next will be, too.
    fn is_well_used(&self, bucket: usize) -> bool {
        let pages = self.buckets[bucket].get().and_then(Option::as_ref);
        pages.is_some_and(|pages| {
            let used = pages.iter().filter(|page| page.get().is_some());
            used.count() >= pages.len() / 4
        })
    }

    /// The index as one number: itself in one dimension, row-major in a shape.
    #[inline]
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
        usize::try_from(linear)
            .ok()
            .filter(|&linear| linear < LARGEST)
    }

    /// The number by which a node may keep the index.
    #[inline]
    pub(crate) fn place_of(&self, index: &Index) -> Option<u64> {
        self.contains(index)
            .then(|| self.linear(index))?
            .map(|linear| linear as u64)
    }

    /// The index of a place.
    pub(crate) fn index_at(&self, place: u64) -> Index {
        let mut left = i64::try_from(place).unwrap_or(i64::MAX);
        match self.shape.as_deref() {
            None | Some([_]) => Index::One([left]),
            Some([_, columns]) => Index::Two([left / columns, left % columns]),
            Some(shape) => {
                let mut indices = vec![0; shape.len()];
                for (index, extent) in indices.iter_mut().zip(shape).rev() {
                    *index = left % extent;
                    left /= extent;
                }
                Index::from_slice(&indices)
            }
        }
    }

    /// Gives up the reference on a task that has ended well.
    #[inline]
    pub(crate) fn retire(&self, node: &Node) {
        let place = node.place().and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slot(place)) {
            slot.end();
        } else if let Some(slot) = self.sparse.lock().get(&node.index()) {
            slot.end();
        }
    }

    /// Drops all references.
    pub(crate) fn clear(&self) {
        let paged = self.paged_slots().map(|(_, slot)| slot);
        let mut nodes: Vec<_> = paged.filter_map(NodeRef::take_from).collect();
        nodes.extend(self.sparse.lock().values().filter_map(NodeRef::take_from));
        // Outside the lock: with the nodes go errors of users.
        drop(nodes);
    }

    /// Visits all tasks there have been, spawned or only referenced, in order of their indices.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(Place)) {
        let paged = self.paged_slots();
        let mut places: Vec<_> = paged
            .filter_map(|(linear, slot)| match NodeRef::look(slot) {
                Found::Task(node) => Some(Place::Node(node)),
                Found::Ended => Some(Place::Ended(self.index_at(linear as u64))),
                Found::Nothing => None,
            })
            .collect();
        let sparse = self.sparse.lock();
        if !sparse.is_empty() {
            places.extend(
                (sparse.iter()).filter_map(|(index, slot)| match NodeRef::look(slot) {
                    Found::Task(node) => Some(Place::Node(node)),
                    Found::Ended => Some(Place::Ended(index.clone())),
                    Found::Nothing => None,
                }),
            );
            drop(sparse);
            places.sort_by_cached_key(Place::index);
        }
        places.into_iter().for_each(visit);
    }

    fn paged_slots(&self) -> impl Iterator<Item = (usize, &Slot)> {
        let buckets = self.buckets.iter().enumerate();
        let pages = buckets.flat_map(|(bucket, pages)| {
            let pages = pages.get().and_then(Option::as_ref).into_iter().flatten();
            (first_page(bucket)..).zip(pages)
        });
        pages.flat_map(|(number, page)| {
            let slots = page.get().into_iter().flat_map(|page| page.iter());
            (number * PAGE..).zip(slots)
        })
    }

    /// Whether no task of this space can ever hold anything up.
    pub(crate) fn is_settled(&self) -> bool {
        let settled = |slot: &Slot| match NodeRef::look(slot) {
            Found::Task(node) => is_settled(&node),
            Found::Nothing | Found::Ended => true,
        };
        self.paged_slots().all(|(_, slot)| settled(slot))
            && self.sparse.lock().values().all(settled)
    }

    /// Visits the selected tasks in row-major order, making those that are new.
    pub(crate) fn select(&self, family: &Family, dims: &[Dim], visit: &mut dyn FnMut(Place)) {
        if let Some(index) = Self::single(dims) {
            match self.find(family, index) {
                Place::Nowhere(_) => {}
                place => visit(place),
            }
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
            match self.find(family, Index::from_slice(&indices)) {
                Place::Nowhere(_) => {}
                place => visit(place),
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

    fn select_existing(&self, dims: &[Dim], visit: &mut dyn FnMut(Place)) {
        let mut places = Vec::new();
        self.visit(&mut |place| places.push((place.index(), place)));
        let extent = |d: usize| {
            let used = places
                .iter()
                .filter_map(|(index, _)| index.as_slice().get(d).copied())
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
        for (index, place) in places {
            let indices = index.as_slice();
            if indices.len() == dims.len()
                && indices.iter().zip(&chosen).all(|(i, c)| c.contains(i))
            {
                visit(place);
            }
        }
    }
}

/// The number of the first page of a bucket; also how many there are, for all but bucket 0.
#[inline]
fn first_page(bucket: usize) -> usize {
    (1 << bucket) >> 1
}

impl Place {
    /// The task, or what stands for it.
    #[inline]
    pub(crate) fn into_node(self, family: &Family) -> NodeRef {
        match self {
            Self::Node(node) => node,
            Self::Ended(index) => NodeRef::after_its_end(family, family.place_of(&index), &index),
            Self::Nowhere(index) => NodeRef::nowhere(family, &index),
        }
    }

    /// The index of the task.
    pub(crate) fn index(&self) -> Index {
        match self {
            Self::Node(node) => node.index(),
            Self::Ended(index) | Self::Nowhere(index) => index.clone(),
        }
    }
}

fn is_settled(node: &NodeRef) -> bool {
    match node.state.stage() {
        // One that is not kept leaves the table in a moment, by the hand of who ended it.
        TaskState::Ended => node.is_kept(),
        // Somebody who still holds the reference may make others wait for it. Two are the table's
        // and the caller's.
        TaskState::Referenced => node.count() == 2 && !node.is_waited_for(),
        _ => false,
    }
}
