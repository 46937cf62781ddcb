//! The rights on a spawned task, one type each, from its links to its end.
//!
//! They are pointers without a count of their own. What keeps the node as long as a right exists:
//!
//! | right | who has it | what keeps the node |
//! |---|---|---|
//! | [`Linked`] | one for each link that the state counts | the task is unfinished; if it ended before it started, the reference that was added then |
//! | [`Runnable`] | who has the ready token | the same |
//! | [`Running`] | the worker that started it; once its body has ended and a device goes on with it, its `DeviceWork` | the task is unfinished |
//! | [`Ended`] | who moved the state to ended | a reference |
//!
//! An unfinished task has a reference of its own, see `node.rs`.
#![expect(
    unsafe_code,
    reason = "pointers kept by the state of their task; see the module doc"
)]

use std::ops::Deref;
use std::ptr::NonNull;

use smallvec::SmallVec;

use super::links::prefetch_entry;
use super::node::{Node, NodeRef};
use super::{Cancellation, Released, Suspension, racks};
use crate::graph::{Slot, TooLate};

/// The right to put a body into a task and to publish it.
#[must_use = "a claimed task must be published"]
#[derive(Debug)]
pub(crate) struct Claimed<'a> {
    pub(super) node: &'a NodeRef,
    /// Whether the storage of the node holds a body.
    pub(super) has_body: bool,
}

/// One link of a task: a dependency that has not released it.
#[must_use = "a link must be released"]
#[derive(Debug)]
pub(crate) struct Linked(NonNull<Node>);

/// A ready task and the right to start it.
#[must_use = "a ready task must be started"]
#[derive(Debug)]
pub(crate) struct Runnable(NonNull<Node>);

/// A running task.
#[must_use = "a running task must be ended or suspended"]
#[derive(Debug)]
pub(crate) struct Running {
    node: NonNull<Node>,
    /// Whether the storage of the node holds the body.
    pub(super) has_body: bool,
}

/// A task that the owner of this has ended and whose end must be told.
#[must_use = "an end must be told"]
#[derive(Debug)]
pub(crate) struct Ended {
    node: NodeRef,
    /// Whether the task's own reference is another one than `node`.
    kept: bool,
    /// Whether the storage of the node holds the body.
    pub(super) has_body: bool,
}

/// What became of a body that has to wait.
#[derive(Debug)]
pub(crate) enum Suspended {
    /// A waker will wake it.
    Asleep,
    /// It was woken meanwhile.
    Woken(Runnable),
    /// It was cancelled meanwhile.
    Cancelled(Ended),
}

// SAFETY: pointers to nodes, which are `Send` and `Sync`.
unsafe impl Send for Linked {}
// SAFETY: as above.
unsafe impl Send for Runnable {}
// SAFETY: as above; a body is `Send`.
unsafe impl Send for Running {}

macro_rules! see_the_node {
    ($($right:ty)*) => {$(
        impl Deref for $right {
            type Target = Node;

            #[inline]
    fn deref(&self) -> &Node {
                // SAFETY: the right keeps the node, see the module doc.
                unsafe { self.0.as_ref() }
            }
        }
    )*};
}
see_the_node!(Linked Runnable);

impl Deref for Running {
    type Target = Node;

    #[inline]
    fn deref(&self) -> &Node {
        // SAFETY: as for the others.
        unsafe { self.node.as_ref() }
    }
}

impl Deref for Ended {
    type Target = Node;

    #[inline]
    fn deref(&self) -> &Node {
        &self.node
    }
}

/// Drops the reference that keeps a task that ended unstarted until its last link or its token is
/// gone.
fn drop_last_link(node: NonNull<Node>) {
    // SAFETY: `NodeRef::end_unstarted` and `NodeRef::cancel` counted it; the state tells one caller
    // alone that no link and no token is left.
    drop(unsafe { NodeRef::from_counted(node) });
}

impl<'a> Claimed<'a> {
    #[inline]
    pub(crate) fn node(&self) -> &'a NodeRef {
        self.node
    }

    /// Publishes the task, which is ready.
    #[inline]
    pub(crate) fn publish_ready(self) -> Runnable {
        self.publish(0);
        Runnable(self.node.pointer())
    }

    /// Publishes the task, which waits for that many links, at least one. They are the caller's.
    #[inline]
    pub(crate) fn publish_linked(self, links: u32) -> impl Iterator<Item = Linked> + use<> {
        debug_assert!(links > 0, "it would be ready");
        self.publish(links);
        let node = self.node.pointer();
        (0..links).map(move |_| Linked(node))
    }

    #[inline]
    fn publish(&self, links: u32) {
        assert!(self.has_body, "a task is published with a body");
        self.node.add_own();
        self.node.state.publish(links);
    }
}

impl Linked {
    /// Registers the task with its dependency number `nth`.
    ///
    /// # Errors
    ///
    /// Gives the link back if the dependency has ended.
    #[inline]
    pub(crate) fn depend(self, nth: usize, dependency: &Node) -> Result<(), (Self, TooLate)> {
        self.link(nth, dependency).map_err(|late| (self, late))
    }

    /// As [`depend`](Self::depend), with the task in a slot of the same space.
    ///
    /// # Errors
    ///
    /// Gives the link back if the dependency has ended.
    #[inline]
    pub(crate) fn depend_on(self, nth: usize, slot: &Slot) -> Result<(), (Self, TooLate)> {
        self.link_by_slot(nth, slot).map_err(|late| (self, late))
    }

    /// Takes the first link out of what is left of a list, and what is left after it.
    #[inline]
    pub(crate) fn take(mut entry: usize) -> Option<(Self, usize)> {
        loop {
            let (node, next) = Node::at(entry)?;
            prefetch_entry(next.entry);
            Node::forget_entry(entry);
            if !next.is_void {
                return Some((Self(node), next.entry));
            }
            // SAFETY: the reference that a void link holds.
            drop(unsafe { NodeRef::from_counted(node) });
            entry = next.entry;
        }
    }

    /// Gives the link up; who gave up the last gets the right to start the task.
    #[inline]
    pub(crate) fn release(self) -> Option<Runnable> {
        self.release_many(1)
    }

    /// Gives up this link and others of the same task, that many in all.
    #[inline]
    pub(crate) fn release_many(self, links: u32) -> Option<Runnable> {
        match self.state.release(links) {
            Released::Held => None,
            Released::Ready => Some(Runnable(self.0)),
            Released::Unlinked => {
                drop_last_link(self.0);
                None
            }
        }
    }

    /// Starts the task if this is its last link.
    ///
    /// # Errors
    ///
    /// Gives the link back if it is not.
    #[inline]
    pub(crate) fn start(self) -> Result<Running, Self> {
        if self.state.release_and_start() {
            Ok(Running::new(self.0))
        } else {
            Err(self)
        }
    }

    /// Ends the task, whose dependency failed, if it has not ended yet.
    pub(crate) fn fail(&self) -> Option<Ended> {
        NodeRef::of(self).end_unstarted()
    }
}

impl Runnable {
    /// Has the task brought here.
    #[inline]
    pub(crate) fn prefetch(&self) {
        racks::prefetch(self.0);
    }

    /// The right to run the body, unless the task has ended meanwhile.
    pub(crate) fn start(self) -> Option<Running> {
        if self.state.start() {
            return Some(Running::new(self.0));
        }
        drop_last_link(self.0);
        None
    }

    /// A reference on the task.
    pub(crate) fn reference(&self) -> NodeRef {
        NodeRef::of(self)
    }
}

impl Running {
    fn new(node: NonNull<Node>) -> Self {
        Self {
            node,
            has_body: true,
        }
    }

    /// A reference on the task.
    pub(crate) fn reference(&self) -> NodeRef {
        NodeRef::of(self)
    }

    pub(crate) fn pointer(&self) -> NonNull<Node> {
        self.node
    }

    /// Has what comes after the task brought here.
    #[inline]
    pub(crate) fn prefetch_dependent(&self) {
        Node::prefetch_dependent(self);
    }

    /// Takes the dependents that `is_such` out of the list of those that are told of the end. They
    /// lose the links that are returned, and nothing else tells them.
    pub(crate) fn detach(&self, is_such: impl Fn(&Node) -> bool) -> SmallVec<[Linked; 2]> {
        let detached = Node::detach(self, is_such);
        detached.into_iter().map(Linked).collect()
    }

    /// Ends the task. With an error it must have been noted before.
    pub(crate) fn end(self) -> Ended {
        let kept = self.is_kept();
        let node = if kept {
            NodeRef::of(&self)
        } else {
            // SAFETY: the task's own reference, which goes with its end.
            unsafe { NodeRef::from_counted(self.node) }
        };
        node.state.end();
        Ended {
            node,
            kept,
            has_body: self.has_body,
        }
    }

    /// Puts the task to sleep. Its body must be in place.
    pub(crate) fn suspend(self) -> Suspended {
        debug_assert!(self.has_body, "a body that waits is there");
        // Secures the node beyond the suspension, after which anybody may end the task.
        let node = NodeRef::of(&self);
        match node.state.suspend() {
            Suspension::Suspended => Suspended::Asleep,
            Suspension::Woken => Suspended::Woken(Runnable(self.node)),
            Suspension::Ended => Suspended::Cancelled(node.ended(true)),
        }
    }
}

impl Ended {
    /// A reference on the task.
    pub(crate) fn reference(&self) -> NodeRef {
        self.node.clone()
    }

    /// Gives up what the task and its table hold of it. With what is returned, the last of it
    /// may go.
    #[inline]
    pub(crate) fn retire(self) -> NodeRef {
        if !self.kept {
            if !self.node.is_detached() {
                self.node.family().retire(&self.node);
            }
        } else if self.node.is_detached() {
            // SAFETY: the task's own reference, which goes with its end; `node` is another.
            drop(unsafe { NodeRef::from_counted(self.node.pointer()) });
        }
        self.node
    }
}

impl NodeRef {
    /// Counts the reference that the task has of its own from its spawn until its end, where its
    /// table's doesn't serve for that.
    fn add_own(&self) {
        if self.is_detached() {
            self.clone().forget();
        }
    }

    /// Claims the right to spawn the task, if it was not spawned or ended before.
    #[inline]
    pub(crate) fn claim(&self) -> Option<Claimed<'_>> {
        self.state.claim().then_some(Claimed {
            node: self,
            has_body: false,
        })
    }

    /// Wakes a suspended task.
    pub(crate) fn wake(&self) -> Option<Runnable> {
        self.state.wake().then(|| Runnable(self.pointer()))
    }

    /// Ends a spawned task that has not started.
    pub(crate) fn end_unstarted(&self) -> Option<Ended> {
        // Its links, or its token, may outlive all else that keeps it.
        self.clone().forget();
        if self.state.end_unstarted() {
            return Some(self.ended(true));
        }
        drop_last_link(self.pointer());
        None
    }

    /// Ends a suspended task.
    pub(crate) fn end_suspended(&self) -> Option<Ended> {
        self.state.end_suspended().then(|| self.ended(true))
    }

    /// Cancels the task; if that ended it, also tells whether it had been spawned.
    pub(crate) fn cancel(&self) -> Option<(Ended, bool)> {
        // As in `end_unstarted`.
        self.clone().forget();
        let cancellation = self.state.cancel();
        if cancellation != Cancellation::Unstarted {
            drop_last_link(self.pointer());
        }
        match cancellation {
            Cancellation::Unstarted | Cancellation::Suspended => Some((self.ended(true), true)),
            Cancellation::Unspawned => {
                // No run ends, but a reference is given up as if one did.
                self.add_own();
                Some((self.ended(false), false))
            }
            Cancellation::Requested | Cancellation::TooLate => None,
        }
    }

    fn ended(&self, has_body: bool) -> Ended {
        Ended {
            node: self.clone(),
            kept: true,
            has_body,
        }
    }
}
