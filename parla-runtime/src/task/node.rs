//! One task in memory: a node of fixed size, and the holds on it.
//!
//! | field of [`Node`] | written by | read by |
//! |---|---|---|
//! | `state` | everybody, by the arrows of `state.rs` | everybody |
//! | `references` | everybody who holds one | lookups, also of a free node |
//! | `successors`, `links` | spawners of dependents, until the end | who ends the task |
//! | `family`, `place` | who makes the node | everybody who holds a reference |
//! | `content` | maker and spawner; who ended it, before the state says so | everybody |
//! | `storage` | spawner, runner, who ended it unstarted | they; handles, after a good end |
//!
//! A [`NodeRef`] is one reference. Besides, from its spawn until its end, a task has a reference
//! of its own: that of its table, or one more if it is in none. The right to it goes with the stage
//! of the task, and each right is a type of `rights.rs`.
#![expect(
    unsafe_code,
    reason = "reference-counted nodes in recycled memory; see the module doc"
)]

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::body::{Storage, VTable};
use super::references::References;
use super::rights::Linked;
use super::{Extra, Family, Options, State, TaskName, pool};
use crate::error::TaskError;
use crate::graph::{ALIGNMENT, ENTRY_BITS, Found, Index, Link, Slot, Successors};
use crate::scheduler::Mapping;
use crate::sync::{AtomicUsize, Ordering};
use crate::worker::unwind;

/// How many dependencies need no memory beyond the node.
const INLINE_LINKS: usize = 4;
/// In `content`: it points to an [`Extra`], not to a table of functions.
const HAS_EXTRA: usize = 1;
/// In `place`: the node is in no table.
const DETACHED: u64 = 1 << 63;
/// In `place`: the index is in the extra.
const ODD_INDEX: u64 = 1 << 62;
/// In `place`: the index names no task.
const NOWHERE: u64 = 1 << 61;
const FLAGS: u64 = DETACHED | ODD_INDEX | NOWHERE;

/// A task, or a reference to one that has not been spawned.
#[repr(C, align(32))]
pub(crate) struct Node {
    pub(crate) state: State,
    pub(super) references: References,
    pub(crate) successors: Successors,
    pub(super) links: [Link; INLINE_LINKS],
    family: NonNull<Family>,
    /// The index as one number where it can be, with the flags above.
    place: u64,
    /// A table of functions, an extra, or nothing.
    content: AtomicUsize,
    storage: UnsafeCell<Storage>,
}

const _: () = assert!(size_of::<Node>() == 96, "two cache lines for any two nodes");
const _: () = assert!(align_of::<Node>() == ALIGNMENT && INLINE_LINKS <= ENTRY_BITS.div_ceil(2));

// SAFETY: all that is shared without a lock is atomic; the rest is written before the node is
// shared, or under the rights that the state word hands out (see the table above). Bodies and
// results are `Send`, results are also `Sync`.
unsafe impl Sync for Node {}
// SAFETY: as for `Sync`.
unsafe impl Send for Node {}

impl Node {
    #[inline]
    pub(crate) fn family(&self) -> &Family {
        // SAFETY: a node holds one of its family's credits, and so the family, until it is freed.
        unsafe { self.family.as_ref() }
    }

    pub(crate) fn index(&self) -> Index {
        if self.place & ODD_INDEX != 0
            && let Some(index) = self.extra().and_then(|extra| extra.index.clone())
        {
            return index;
        }
        self.family().index_at(self.place & !FLAGS)
    }

    /// The number of the place in the table.
    #[inline]
    pub(crate) fn place(&self) -> Option<u64> {
        (self.place & ODD_INDEX == 0).then_some(self.place & !FLAGS)
    }

    /// Whether the index names no task at all.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.place & NOWHERE != 0
    }

    /// The mistake in an index that names no task because it has another rank than the space.
    pub(crate) fn rank_mistake(&self) -> Option<String> {
        let given = self.index().as_slice().len();
        self.family().rank_mistake(given)
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.family().is_anonymous()
    }

    /// What only some tasks have.
    #[inline]
    pub(crate) fn extra(&self) -> Option<&Extra> {
        // Acquire: the extra was written before its address.
        let content = self.content.load(Ordering::Acquire);
        // SAFETY: an extra, once set, stays until the node is freed.
        (content & HAS_EXTRA != 0).then(|| unsafe { &*((content - HAS_EXTRA) as *const Extra) })
    }

    /// The extra, made if there is none. Only for who makes, spawns or ends the task, of whom
    /// there is one at a time.
    fn extra_or_new(&self) -> &Extra {
        if self.extra().is_none() {
            let vtable = self.content.load(Ordering::Relaxed);
            let extra = Box::into_raw(Box::new(Extra::new(vtable)));
            // Release: pairs with the load in `extra`.
            self.content
                .store(extra.expose_provenance() | HAS_EXTRA, Ordering::Release);
        }
        self.extra().expect("it has just been made")
    }

    /// The functions of the body, for who holds the right to the body.
    pub(super) fn vtable(&self) -> Option<&'static VTable> {
        let content = match self.extra() {
            Some(extra) => extra.vtable.load(Ordering::Relaxed),
            None => self.content.load(Ordering::Relaxed),
        };
        // SAFETY: only `set_vtable` sets it, from a static reference.
        NonNull::new(content as *mut VTable).map(|vtable| unsafe { vtable.as_ref() })
    }

    /// Only for who makes or spawns the task.
    pub(super) fn set_vtable(&self, vtable: &'static VTable) {
        let word = std::ptr::from_ref(vtable).expose_provenance();
        match self.extra() {
            // Relaxed: published with the state.
            Some(extra) => extra.vtable.store(word, Ordering::Relaxed),
            None => self.content.store(word, Ordering::Relaxed),
        }
    }

    pub(super) fn storage(&self) -> *mut Storage {
        self.storage.get()
    }

    #[inline]
    pub(crate) fn options(&self) -> Option<&Options> {
        self.extra()?.options.get().map(|options| &**options)
    }

    pub(crate) fn name(&self) -> TaskName {
        TaskName {
            space: self.family().shared_name(),
            index: self.index(),
            label: self.options().and_then(|options| options.label.clone()),
        }
    }

    /// Why it went where it went, if that is kept.
    pub(crate) fn mapping(&self) -> Option<Mapping> {
        self.options()?.mapping.lock().as_deref().cloned()
    }

    /// The outcome, once the task has ended. Does not count as looking at it.
    pub(crate) fn outcome(&self) -> Option<Result<(), &TaskError>> {
        // Not the state: who ends a task before it starts notes the error after that.
        self.successors.is_closed().then(|| {
            match self.extra().and_then(|extra| extra.error.get()) {
                Some(error) => Err(error),
                None => Ok(()),
            }
        })
    }

    /// Notes how the task failed. Only for who ends it, before its successors are told.
    pub(crate) fn note_error(&self, error: TaskError) {
        let noted = self.extra_or_new().error.set(error);
        debug_assert!(noted.is_ok(), "a task ended twice");
    }

    /// Sets what the spawn asked for. Only for who has claimed the task.
    pub(crate) fn set_options(&self, options: Box<Options>) {
        let _ = self.extra_or_new().options.set(options);
    }

    /// Whether the task failed and the program has not looked at that.
    pub(crate) fn has_unseen_failure(&self) -> bool {
        matches!(self.outcome(), Some(Err(error)) if !error.is_seen())
    }

    /// Whether the table keeps the node after its end, since there is more to be known of it.
    pub(crate) fn is_kept(&self) -> bool {
        self.extra().is_some_and(Extra::is_kept)
    }

    #[inline]
    pub(super) fn is_detached(&self) -> bool {
        self.place & DETACHED != 0
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name(), self.state.stage())
    }
}

/// A counted reference.
pub(crate) struct NodeRef(pub(super) NonNull<Node>);

// SAFETY: as an `Arc<Node>`, of a node that is `Send` and `Sync`.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

impl NodeRef {
    /// A new node in no table, with a single reference.
    pub(crate) fn detached(family: &Family, index: &Index) -> Self {
        let place = family.place_of(index);
        Self::new(family, place, || index.clone(), DETACHED, false)
    }

    /// Stands for a task that has ended well and has left its table; `place` is its index as one
    /// number, and only if it has none is `index` asked.
    #[inline]
    pub(crate) fn after_its_end(
        family: &Family,
        place: Option<u64>,
        index: impl FnOnce() -> Index,
    ) -> Self {
        Self::new(family, place, index, DETACHED, true)
    }

    /// Stands for an index that names no task, which counts as ended.
    #[cold]
    pub(crate) fn nowhere(family: &Family, index: &Index) -> Self {
        Self::new(family, None, || index.clone(), DETACHED | NOWHERE, true)
    }

    /// A new node that is yet to be put into its table, with a reference for that and this one;
    /// `place` and `index` as above.
    #[inline]
    pub(crate) fn for_table(
        family: &Family,
        place: Option<u64>,
        index: impl FnOnce() -> Index,
    ) -> Self {
        Self::new(family, place, index, 0, false)
    }

    #[inline]
    fn new(
        family: &Family,
        place: Option<u64>,
        index: impl FnOnce() -> Index,
        flags: u64,
        ended: bool,
    ) -> Self {
        let memory = pool::allocate(family);
        let node = memory.as_ptr();
        let state = match ended {
            true => State::ended(),
            false => State::referenced(),
        };
        let references = if flags & DETACHED == 0 { 2 } else { 1 };
        #[expect(
            clippy::multiple_unsafe_ops_per_block,
            reason = "one node is written, for one reason"
        )]
        // SAFETY: the pool gives out memory of a node that nobody else has, with a credit of the
        // family. Others may still look at the count of references and at the list, which is why
        // those two are not overwritten but set, last.
        unsafe {
            (&raw mut (*node).state).write(state);
            (&raw mut (*node).family).write(NonNull::from(family));
            (&raw mut (*node).place).write(place.unwrap_or(ODD_INDEX) | flags);
            (&raw mut (*node).content).write(AtomicUsize::new(0));
            if !ended {
                (*node).successors.open();
            }
            (*node).references.start(references);
        }
        let node = Self(memory);
        if place.is_none() {
            node.keep_index(index());
        }
        node
    }

    #[cold]
    fn keep_index(&self, index: Index) {
        let word = Box::into_raw(Box::new(Extra::with_index(index))).expose_provenance();
        self.content.store(word | HAS_EXTRA, Ordering::Release);
    }

    /// Puts a node made for it into a slot; frees the node if another was faster.
    #[inline]
    pub(crate) fn put_in(self, slot: &Slot) -> Option<Self> {
        if slot.put(self.0.as_ptr().expose_provenance()) {
            return Some(self);
        }
        // The reference that was meant for the table.
        drop(Self(self.0));
        None
    }

    /// What a slot holds.
    #[inline]
    pub(crate) fn look(slot: &Slot) -> Found<Self> {
        let pointer = |address: usize| {
            NonNull::new(std::ptr::with_exposed_provenance_mut::<Node>(address))
                .expect("an address is not zero")
        };
        let try_hold = |address| {
            // SAFETY: memory of nodes stays such as long as the scheduler, which the caller's
            // family keeps; the count is all that is looked at.
            unsafe { &(*pointer(address).as_ptr()).references }.try_add()
        };
        let let_go = |address| drop(Self(pointer(address)));
        match slot.look(try_hold, let_go) {
            Found::Nothing => Found::Nothing,
            Found::Ended => Found::Ended,
            Found::Task(address) => Found::Task(Self(pointer(address))),
        }
    }

    /// Another reference on a task that somebody holds.
    pub(crate) fn of(node: &Node) -> Self {
        node.references.add();
        Self(NonNull::from(node))
    }

    /// A reference that has been counted already.
    ///
    /// # Safety
    ///
    /// The caller must have a right to one that nobody else drops.
    pub(super) unsafe fn from_counted(node: NonNull<Node>) -> Self {
        Self(node)
    }

    pub(super) fn pointer(&self) -> NonNull<Node> {
        self.0
    }

    /// Gives the reference up without counting; its right goes to somebody else.
    pub(super) fn forget(self) {
        let _ = ManuallyDrop::new(self);
    }

    /// Drops the reference, unless it is the last.
    pub(crate) fn let_go(self) -> Option<Self> {
        if self.references.remove_unless_last() {
            self.forget();
            return None;
        }
        Some(self)
    }

    /// Takes the table's reference out of a slot.
    pub(crate) fn take_from(slot: &Slot) -> Option<Self> {
        let address = slot.take()?;
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(Self)
    }

    /// How many hold the node at least.
    pub(crate) fn count(&self) -> u32 {
        self.references.count()
    }

    /// Whether both are the same task.
    pub(crate) fn is(&self, other: &Node) -> bool {
        std::ptr::eq(self.0.as_ptr(), other)
    }

    /// Tells tasks apart in a map.
    pub(crate) fn key(&self) -> usize {
        self.0.as_ptr().addr()
    }
}

impl fmt::Debug for NodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Clone for NodeRef {
    #[inline]
    fn clone(&self) -> Self {
        self.references.add();
        Self(self.0)
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        if self.references.remove() {
            free(self.0);
        }
    }
}

#[cold]
fn drop_extra(content: usize) {
    let extra = std::ptr::with_exposed_provenance_mut::<Extra>(content - HAS_EXTRA);
    // SAFETY: it came from a box, and the node that had it is being freed.
    let extra = unsafe { Box::from_raw(extra) };
    // It may hold an error of a user.
    unwind::discard(extra);
}

/// Closes the list of a task that is gone without having ended. What is in it has: it was ended
/// while its spawner went on with its other dependencies.
#[cold]
fn close_list(node: &Node) {
    let mut entry = node.successors.close().newest;
    while let Some((linked, older)) = Linked::take(entry) {
        debug_assert!(
            linked.state.is_ended(),
            "{linked:?} waits for a task that is gone"
        );
        let released = linked.release();
        debug_assert!(released.is_none(), "it has ended");
        entry = older;
    }
}

#[inline]
fn free(node: NonNull<Node>) {
    // SAFETY: nobody has a reference any more, and nobody can get one.
    if !unsafe { node.as_ref() }.successors.is_closed() {
        // SAFETY: as above.
        close_list(unsafe { node.as_ref() });
    }
    // SAFETY: nobody has a reference any more, and nobody can get one.
    let content = unsafe { node.as_ref() }.content.load(Ordering::Relaxed);
    if content & HAS_EXTRA != 0 {
        drop_extra(content);
    }
    // SAFETY: as above.
    let family = unsafe { node.as_ref() }.family;
    // SAFETY: the node had one of the family's credits, and is gone.
    unsafe { pool::free(node, family) };
}

impl Deref for NodeRef {
    type Target = Node;

    #[inline]
    fn deref(&self) -> &Node {
        // SAFETY: a reference keeps the node.
        unsafe { self.0.as_ref() }
    }
}
