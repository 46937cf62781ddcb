//! The tasks of one space by index: what a lookup finds or makes.
//!
//! Indices live in pages, which are made when they are first used and found without a lock through
//! buckets of doubling size. Large indices that come without many smaller ones live in a map.
//! Whether a bucket has pages is decided once, when its first index is used.

use std::collections::HashMap;

use super::{Dim, Found, Index, Shape, Slot};
use crate::sync::{Mutex, OnceLock};
use crate::task::{Family, Node, NodeRef, TaskState};

/// Slots of a page.
const PAGE: usize = 64;
/// The indices of one page are in bucket 0, those of the next in bucket 1, those of the next two in
/// bucket 2, and so on.
const BUCKETS: usize = 27;
/// A bucket of up to so many indices always has pages.
const SMALL: usize = 1 << 22;
/// Indices of this number and above are in the map: a node has other uses for the upper bits of
/// the number it keeps.
const LARGEST: u64 = 1 << 48;

type Page = [Slot; PAGE];
/// The pages of a bucket, as far as they are used.
type Pages = Box<[OnceLock<Box<Page>>]>;

#[derive(Debug)]
pub(crate) struct Table {
    shape: Shape,
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
            shape: Shape::new(shape),
            buckets: [const { OnceLock::new() }; BUCKETS],
            sparse: Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The task of that index, or what stands for it: see [`Place::into_node`].
    #[inline]
    pub(crate) fn reference(&self, family: &Family, index: &Index) -> NodeRef {
        // By reference all the way: a copy would have to wait until it is written, each time.
        match self.place_of(index) {
            Some(place) => self.reference_at(family, place),
            None => self.find(family, index.clone()).into_node(family),
        }
    }

    /// As [`reference`](Self::reference), by the number of the place.
    pub(crate) fn reference_at(&self, family: &Family, place: u64) -> NodeRef {
        let index = || self.index_at(place);
        let Some(slot) = self.slot(place) else {
            return self.find_inside(family, index()).into_node(family);
        };
        match Self::find_in(slot, family, Some(place), index) {
            Some(node) => node,
            None => NodeRef::after_its_end(family, Some(place), index),
        }
    }

    /// The number by which a node may keep the index, if it names a task and has one.
    #[inline]
    pub(crate) fn place_of(&self, index: &Index) -> Option<u64> {
        self.shape.linear_inside(index).filter(fits_a_node)
    }

    /// As [`reference`](Self::reference), wherever the task is kept.
    #[cold]
    fn find(&self, family: &Family, index: Index) -> Place {
        if self.shape.contains(&index) {
            self.find_inside(family, index)
        } else {
            Place::Nowhere(index)
        }
    }

    /// As [`find`](Self::find), for an index that names a task.
    fn find_inside(&self, family: &Family, index: Index) -> Place {
        let place = self.shape.linear(&index).filter(fits_a_node);
        let node = if let Some(slot) = place.and_then(|place| self.slot(place)) {
            Self::find_in(slot, family, place, || index.clone())
        } else {
            let mut sparse = self.sparse.lock();
            let slot = sparse.entry(index.clone()).or_default();
            Self::find_in(slot, family, place, || index.clone())
        };
        node.map_or_else(|| Place::Ended(index), Place::Node)
    }

    /// The task of a slot, made if it is new; `None` if it has ended well.
    #[inline]
    fn find_in(
        slot: &Slot,
        family: &Family,
        place: Option<u64>,
        index: impl Fn() -> Index,
    ) -> Option<NodeRef> {
        loop {
            match NodeRef::look(slot) {
                Found::Task(node) => return Some(node),
                Found::Ended => return None,
                Found::Nothing => {}
            }
            if let Some(node) = NodeRef::for_table(family, place, &index).put_in(slot) {
                return Some(node);
            }
        }
    }

    /// The place of an index, if its bucket has pages.
    #[inline]
    fn slot(&self, place: u64) -> Option<&Slot> {
        let place = usize::try_from(place).ok()?;
        let page = place / PAGE;
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
        Some(&page[place % PAGE])
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

    /// Whether the task of that index has ended well, and is in a page.
    pub(crate) fn has_ended(&self, index: &Index) -> bool {
        let slot = self.place_of(index).and_then(|place| self.slot(place));
        slot.is_some_and(|slot| matches!(slot.peek(), Found::Ended))
    }

    /// The slot of the task of that number, which is made if it is new; `None` if the task is not
    /// in a page.
    #[inline]
    pub(crate) fn slot_of_task(&self, family: &Family, place: u64) -> Option<&Slot> {
        let slot = self.slot(place)?;
        if matches!(slot.peek(), Found::Nothing) {
            // In the table it stays.
            drop(self.reference_at(family, place));
        }
        Some(slot)
    }

    /// The index of a place.
    pub(crate) fn index_at(&self, place: u64) -> Index {
        self.shape.index_at(place)
    }

    /// Gives up the reference on a task that has ended well.
    #[inline]
    pub(crate) fn retire(&self, node: &Node) {
        if let Some(slot) = node.place().and_then(|place| self.slot(place)) {
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
        let existing = || {
            let mut indices = Vec::new();
            self.visit(&mut |place| indices.push(place.index()));
            indices
        };
        self.shape.select(dims, existing, &mut |index| {
            visit(self.find_inside(family, index));
        });
    }
}

/// Whether a node may keep the number.
#[inline]
fn fits_a_node(place: &u64) -> bool {
    *place < LARGEST
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
            Self::Ended(index) => NodeRef::after_its_end(family, family.place_of(&index), || index),
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
