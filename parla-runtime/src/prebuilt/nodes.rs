//! The tasks of a graph: their links and small bodies in one array, other bodies one after the other
//! in a few large blocks, whatever their types.
#![expect(
    unsafe_code,
    reason = "values of different types share blocks of plain memory; see `Blocks::place`"
)]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::body::GraphBody;
use crate::error::BodyError;
use crate::worker::unwind;

/// The strictest alignment in a block.
type Unit = MaybeUninit<u128>;

const UNIT: usize = size_of::<Unit>();
/// Units in the first block; each of the next ten is twice as large as the one before.
const FIRST: usize = 64;

/// The tasks of a graph by number.
pub(super) struct Nodes<I: ?Sized> {
    nodes: Vec<Node<I>>,
    bodies: Blocks,
}

/// A task: 24 bytes and, unless it is small, its body.
struct Node<I: ?Sized> {
    /// Runs the body.
    ///
    /// # Safety
    ///
    /// Must be given `body`, while the body lives.
    call: unsafe fn(&Word, &I) -> Result<(), BodyError>,
    body: Word,
    links: Links,
}

/// The body of a task, if it is small and needs no drop; else its address. A cell, since a body may
/// hold an atomic, which changes while it is shared.
struct Word(UnsafeCell<MaybeUninit<NonNull<()>>>);

const fn is_small<B>() -> bool {
    size_of::<B>() <= size_of::<Word>()
        && align_of::<B>() <= align_of::<Word>()
        && !std::mem::needs_drop::<B>()
}

impl Word {
    fn uninit() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// What is here, in another place. It must not be used here again.
    fn moved(&mut self) -> Self {
        Self(UnsafeCell::new(*self.0.get_mut()))
    }
}

/// Where a task stands in the graph.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Links {
    /// Where its successors begin; they end where those of the next node begin.
    pub(super) successors: u32,
    pub(super) predecessors: u32,
}

// SAFETY: a node holds a body type `B`, or stands for a `&B`; it is `Send` and `Sync`, without a lifetime.
unsafe impl<I: ?Sized> Send for Node<I> {}
// SAFETY: as above.
unsafe impl<I: ?Sized> Sync for Node<I> {}

impl<I: ?Sized> Nodes<I> {
    pub(super) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            bodies: Blocks::default(),
        }
    }

    pub(super) fn add<Kind, B: GraphBody<I, Kind>>(&mut self, body: B) {
        let mut word = Word::uninit();
        if is_small::<B>() {
            // SAFETY: it fits.
            unsafe { word.0.get().cast::<B>().write(body) };
        } else {
            word.0.get_mut().write(self.bodies.place(body));
        }
        self.nodes.push(Node {
            call: call::<I, Kind, B>,
            body: word,
            links: Links::default(),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn links(&self, node: u32) -> Links {
        self.nodes[node as usize].links
    }

    /// Puts the tasks into that order, and gives each its links.
    pub(super) fn arrange(&mut self, order: &[u32], mut links: impl FnMut(u32) -> Links) {
        let mut arranged = Vec::with_capacity(order.len() + 1);
        arranged.extend(order.iter().map(|&task| {
            let node = &mut self.nodes[task as usize];
            Node {
                call: node.call,
                body: node.body.moved(),
                links: links(task),
            }
        }));
        self.nodes = arranged;
    }

    /// Adds a node that is no task: where its successors would begin, those of the last end.
    pub(super) fn end(&mut self, successors: u32) {
        self.add(|| ());
        let end = self.nodes.last_mut().expect("it has just been added");
        end.links.successors = successors;
    }

    /// Runs the body of a node. Panics as the body does.
    pub(super) fn call(&self, node: u32, input: &I) -> Result<(), BodyError> {
        let node = &self.nodes[node as usize];
        // SAFETY: `add` placed a body of the type that it took `call` for, and it lives as long as
        // `bodies`, or is here.
        unsafe { (node.call)(&node.body, input) }
    }
}

/// Runs a body of that type.
///
/// # Safety
///
/// `body` must be a `B` that lives, or its address, as [`is_small`] says.
unsafe fn call<I, Kind, B>(body: &Word, input: &I) -> Result<(), BodyError>
where
    I: ?Sized,
    B: GraphBody<I, Kind>,
{
    let word = body.0.get();
    let body = if is_small::<B>() {
        word.cast::<B>()
    } else {
        // SAFETY: the promise of the caller; an address does not change.
        unsafe { word.cast::<NonNull<B>>().read() }.as_ptr()
    };
    // SAFETY: the promise of the caller.
    unsafe { &*body }.call(input)
}

/// Values of any type, at addresses that never change, dropped together.
#[derive(Debug, Default)]
struct Blocks {
    /// Of these only the memory counts; their length stays zero.
    blocks: Vec<Vec<Unit>>,
    /// How many units of the last block are taken.
    taken: usize,
    drops: Vec<(NonNull<()>, DropValue)>,
}

/// Drops the value at an address.
///
/// # Safety
///
/// There must be a value of the type that the function was made for, and it must not be used again.
type DropValue = unsafe fn(NonNull<()>);

// SAFETY: it only drops its values, from one thread, and `place` takes none that may not be sent
// there.
unsafe impl Send for Blocks {}
// SAFETY: nothing can be done with shared ones.
unsafe impl Sync for Blocks {}

impl Blocks {
    /// Keeps a value; yields its address, which is valid as long as this lives.
    fn place<T: Send + Sync + 'static>(&mut self, value: T) -> NonNull<()> {
        let place = self.reserve(size_of::<T>(), align_of::<T>()).cast::<T>();
        // SAFETY: the place is as large and as aligned as was asked, and nothing else is there.
        unsafe { place.write(value) };
        if std::mem::needs_drop::<T>() {
            self.drops.push((place.cast(), drop_value::<T>));
        }
        place.cast()
    }

    /// Memory of that size and alignment.
    fn reserve(&mut self, size: usize, align: usize) -> NonNull<u8> {
        // The start of a unit may have to be moved up for an alignment beyond that of units.
        let units = (size + align.saturating_sub(UNIT)).div_ceil(UNIT);
        let has_room = |block: &Vec<Unit>| block.capacity() - self.taken >= units;
        if !self.blocks.last().is_some_and(has_room) {
            let next = (FIRST << self.blocks.len().min(10)).max(units);
            self.blocks.push(Vec::with_capacity(next));
            self.taken = 0;
        }
        let block = self.blocks.last_mut().map(Vec::as_mut_ptr);
        let block = block.and_then(NonNull::new).unwrap_or(NonNull::dangling());
        // SAFETY: the block has room for that many units and more.
        let start = unsafe { block.add(self.taken) }.cast::<u8>();
        self.taken += units;
        // SAFETY: by the alignment beyond that of a unit there is at most that much more room.
        unsafe { start.add(start.align_offset(align)) }
    }
}

/// Drops a value of that type.
///
/// # Safety
///
/// `value` must be a `T` that is not used again.
unsafe fn drop_value<T>(value: NonNull<()>) {
    // SAFETY: the promise of the caller.
    unsafe { value.cast::<T>().drop_in_place() };
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for (value, drop) in self.drops.drain(..) {
            // Code of users: its panic must not keep the others from being dropped, nor take a
            // worker down.
            // SAFETY: `place` wrote a value of that type there, and it is dropped only here.
            let _ = unwind::catch(|| unsafe { drop(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Arc;

    #[repr(align(256))]
    struct Aligned(#[expect(dead_code, reason = "only its place matters")] u64);

    #[test]
    fn values_of_all_sizes_keep_their_place_and_are_dropped_once() {
        let mut blocks = Blocks::default();
        let counted = Arc::new(());
        let mut places = Vec::new();
        for n in 0..1000u64 {
            let _ = blocks.place(());
            let _ = blocks.place(n as u8);
            let _ = blocks.place([n; 100]);
            let _ = blocks.place(counted.clone());
            let aligned = blocks.place(Aligned(n)).cast::<Aligned>();
            assert!(aligned.is_aligned());
            places.push((blocks.place((n, Box::new(n))).cast::<(u64, Box<u64>)>(), n));
        }
        let _ = blocks.place([1u8; 1 << 17]);
        assert_eq!(Arc::strong_count(&counted), 1001);
        for (place, n) in places {
            // SAFETY: the blocks live, and the value has that type.
            let value = unsafe { place.as_ref() };
            assert_eq!(value, &(n, Box::new(n)));
        }
        drop(blocks);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
