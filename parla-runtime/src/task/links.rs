//! The edges of the graph at one node: the links to what it depends on, the list of its dependents.
#![expect(
    unsafe_code,
    reason = "entries of lists are addresses of nodes and links; see `docs/internals/dependencies.md`"
)]

use std::ptr::NonNull;

use smallvec::SmallVec;

use super::node::{Node, NodeRef};
use super::racks;
use crate::graph::{ENTRY_BITS, Found, Link, Next, Slot, TooLate};

/// In an entry of a successor list: it is an [`ExtraLink`], not a node.
const EXTRA_LINK: usize = 0b100;

/// A link of a task with many dependencies.
#[repr(align(32))]
struct ExtraLink {
    link: Link,
    node: NonNull<Node>,
}

impl Node {
    /// Calls `visit` with each task that depends on this one.
    pub(crate) fn for_each_dependent(&self, mut visit: impl FnMut(NodeRef)) {
        let mut dependents = Vec::new();
        self.successors.with_locked(|newest| {
            let mut entry = newest;
            while let Some((node, next)) = Self::at(entry) {
                entry = next.entry;
                if !next.is_void {
                    // SAFETY: a dependent in an open list has a link left, and with it a reference.
                    unsafe { node.as_ref() }.references.add();
                    dependents.push(NodeRef(node));
                }
            }
        });
        dependents.into_iter().rev().for_each(&mut visit);
    }

    /// Whether the end of the task is awaited, or a dependent waits for it that `is_such`.
    pub(crate) fn is_awaited_by(&self, is_such: impl Fn(&Self) -> bool) -> bool {
        let mut is_awaited = self.successors.is_awaited();
        self.successors.with_locked(|newest| {
            let mut entry = newest;
            while let (false, Some((node, next))) = (is_awaited, Self::at(entry)) {
                // SAFETY: a dependent in an open list has a link left, and with it a reference.
                is_awaited = !next.is_void && is_such(unsafe { node.as_ref() });
                entry = next.entry;
            }
        });
        is_awaited
    }

    /// Takes the dependents that `is_such` out of the list; their links are the caller's.
    pub(super) fn detach(&self, is_such: impl Fn(&Self) -> bool) -> SmallVec<[NonNull<Self>; 2]> {
        let mut detached = SmallVec::new();
        self.successors.with_locked(|newest| {
            let mut entry = newest;
            while let Some((node, next)) = Self::at(entry) {
                // SAFETY: a dependent in an open list has a link left, and with it a reference.
                let dependent = unsafe { node.as_ref() };
                if !next.is_void && is_such(dependent) {
                    dependent.references.add();
                    dependent.link_of(entry).make_void();
                    detached.push(node);
                }
                entry = next.entry;
            }
        });
        // Those that came first, first.
        detached.reverse();
        detached
    }

    /// The link of an entry that means this task as a dependent.
    fn link_of(&self, entry: usize) -> &Link {
        if entry & EXTRA_LINK == 0 {
            return &self.links[entry & ENTRY_BITS];
        }
        let extra = std::ptr::with_exposed_provenance::<ExtraLink>(entry & !ENTRY_BITS);
        // SAFETY: the entry is in a list, and so the extra link is there.
        unsafe { &(*extra).link }
    }

    /// Whether a task or an await waits for the end of this one.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.successors.is_used()
    }

    /// Registers this task, as yet unstarted, with one that it depends on; `nth` numbers its
    /// dependencies.
    ///
    /// # Errors
    ///
    /// When that has ended.
    #[inline]
    pub(super) fn link(&self, nth: usize, dependency: &Self) -> Result<(), TooLate> {
        let this = NonNull::from(self);
        if let Some((entry, link)) = self.inline_link(nth) {
            return dependency.successors.push(entry, link);
        }
        let extra = Box::leak(Box::new(ExtraLink {
            link: Link::unused(),
            node: this,
        }));
        let extra: *mut ExtraLink = extra;
        let entry = extra.expose_provenance() | EXTRA_LINK;
        // SAFETY: just made, and not shared yet.
        let pushed = dependency.successors.push(entry, unsafe { &(*extra).link });
        if pushed.is_err() {
            Self::forget_entry(entry);
        }
        pushed
    }

    /// As [`link`](Self::link), with the task in a slot, which need not be held for it: that costs
    /// two exchanges on memory that other threads write to.
    ///
    /// # Errors
    ///
    /// When it has ended.
    #[inline]
    pub(super) fn link_by_slot(&self, nth: usize, slot: &Slot) -> Result<(), TooLate> {
        let Found::Task(address) = slot.peek() else {
            return Err(TooLate);
        };
        let Some((entry, link)) = self.inline_link(nth) else {
            return match NodeRef::look(slot) {
                Found::Task(dependency) => self.link(nth, &dependency),
                Found::Nothing | Found::Ended => Err(TooLate),
            };
        };
        let dependency = std::ptr::with_exposed_provenance::<Self>(address);
        // SAFETY: memory of nodes stays such as long as the scheduler, which this task keeps. All
        // of its list is atomic.
        let successors = unsafe { &(*dependency).successors };
        let is_here = || slot.has(address);
        successors.push_unheld(entry, link, is_here, || self.references.add())
    }

    /// The entry for dependency number `nth` and its link, if that is in the node.
    #[inline]
    fn inline_link(&self, nth: usize) -> Option<(usize, &Link)> {
        let link = self.links.get(nth)?;
        Some((std::ptr::from_ref(self).expose_provenance() | nth, link))
    }

    /// The dependent that an entry of a list means, and what comes after it.
    #[inline]
    pub(super) fn at(entry: usize) -> Option<(NonNull<Self>, Next)> {
        let address = entry & !ENTRY_BITS;
        if entry & EXTRA_LINK != 0 {
            let extra = NonNull::new(std::ptr::with_exposed_provenance_mut::<ExtraLink>(address))?;
            // SAFETY: the entry is in a list, and so the extra link is there.
            let extra = unsafe { extra.as_ref() };
            return Some((extra.node, extra.link.next()));
        }
        let node = NonNull::new(std::ptr::with_exposed_provenance_mut::<Self>(address))?;
        // SAFETY: the entry is in a list, and so the node has a link left, and lives.
        let next = unsafe { node.as_ref() }.links[entry & ENTRY_BITS].next();
        Some((node, next))
    }

    /// Has the dependent that came last brought here while the body runs: it was most likely written
    /// on another core, and is to be told of the end.
    #[inline]
    pub(super) fn prefetch_dependent(&self) {
        prefetch_entry(self.successors.newest());
    }

    /// Frees what an entry that was taken from its list has beyond the node.
    #[inline]
    pub(super) fn forget_entry(entry: usize) {
        if entry & EXTRA_LINK != 0 {
            let address = entry & !ENTRY_BITS;
            // SAFETY: made from a box in `link`; the list that had it has given it up.
            drop(unsafe {
                Box::from_raw(std::ptr::with_exposed_provenance_mut::<ExtraLink>(address))
            });
        }
    }
}

/// Brings what an entry means here.
#[inline]
pub(super) fn prefetch_entry(entry: usize) {
    if let Some(node) = NonNull::new(std::ptr::without_provenance_mut::<Node>(
        entry & !ENTRY_BITS,
    )) {
        racks::prefetch(node);
    }
}
