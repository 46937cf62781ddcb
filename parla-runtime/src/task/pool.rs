//! The memory of nodes and of larger closures, by seat and for the scheduler as a whole.
//!
//! Each seat has a *magazine* of what is free. It also keeps *credits* of one family: every node holds
//! one, and they are taken and given back in bulk, so that threads don't fight over a count that all
//! tasks of a space share. See `docs/internals/memory.md`.
#![expect(
    unsafe_code,
    reason = "an allocator; see the module doc and docs/internals/memory.md"
)]

use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::Family;
use super::block::Block;
use super::node::Node;
use super::racks::{Depot, Item, Racks};
use crate::graph::Successors;
use crate::scheduler::Scheduler;
use crate::worker::context;

/// How many credits a magazine takes at once.
const CREDITS: usize = 1024;

impl Item for Node {
    unsafe fn prepare(memory: *mut Self) {
        #[expect(
            clippy::multiple_unsafe_ops_per_block,
            reason = "one node is written, for one reason"
        )]
        // SAFETY: the caller's promise.
        unsafe {
            memory.write_bytes(0, 1);
            (&raw mut (*memory).successors).write(Successors::new());
        }
    }
}

impl Item for Block {
    unsafe fn prepare(_: *mut Self) {}
}

/// What is free on one seat, and credits of a family it had to do with lately.
pub(crate) struct Magazine {
    nodes: Racks<Node>,
    blocks: Racks<Block>,
    family: Cell<*const Family>,
    credits: Cell<usize>,
    /// The family of which a credit was missing last, as a mere address.
    missed: Cell<*const Family>,
}

impl std::fmt::Debug for Magazine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Magazine")
    }
}

// SAFETY: the family is used from any thread, and the rest may be sent.
unsafe impl Send for Magazine {}

impl Magazine {
    pub(crate) fn new() -> Self {
        Self {
            nodes: Racks::new(),
            blocks: Racks::new(),
            family: Cell::new(ptr::null()),
            credits: Cell::new(0),
            missed: Cell::new(ptr::null()),
        }
    }

    #[inline]
    fn take_credit(&self, family: &Family) -> Credits {
        if self.family.get() == ptr::from_ref(family) && self.credits.get() > 0 {
            self.credits.set(self.credits.get() - 1);
            return Credits::NONE;
        }
        if self.family.get() != ptr::from_ref(family) && !self.is_repeated(family) {
            family.take_credits(1);
            return Credits::NONE;
        }
        family.take_credits(CREDITS);
        self.replace_credits(family, CREDITS - 1)
    }

    #[inline]
    fn put_credit(&self, family: NonNull<Family>) -> Credits {
        if self.family.get() == family.as_ptr().cast_const() {
            self.credits.set(self.credits.get() + 1);
            return Credits::NONE;
        }
        if !self.is_repeated(family.as_ptr()) {
            return Credits {
                family: family.as_ptr(),
                count: 1,
            };
        }
        self.replace_credits(family.as_ptr(), 1)
    }

    /// Whether it is the second time in a row that the magazine has none of this family's credits:
    /// only then do they pay.
    fn is_repeated(&self, family: *const Family) -> bool {
        self.missed.replace(family) == family
    }

    /// Gives up all credits, so that nobody keeps a family that nobody uses.
    pub(crate) fn take_credits(&self) -> Credits {
        self.replace_credits(ptr::null(), 0)
    }

    fn replace_credits(&self, family: *const Family, count: usize) -> Credits {
        Credits {
            family: self.family.replace(family),
            count: self.credits.replace(count),
        }
    }
}

impl Drop for Magazine {
    fn drop(&mut self) {
        // What is free stays in its chunks, which the pool drops.
        drop(self.take_credits());
    }
}

/// Credits on their way back to their family, which may end with them: to be dropped where
/// anything may happen.
#[must_use = "credits must be dropped in a safe place"]
#[derive(Debug)]
pub(crate) struct Credits {
    family: *const Family,
    count: usize,
}

impl Credits {
    const NONE: Self = Self {
        family: ptr::null(),
        count: 0,
    };
}

impl Drop for Credits {
    fn drop(&mut self) {
        if let Some(family) = NonNull::new(self.family.cast_mut())
            && self.count > 0
        {
            // SAFETY: they are credits of that family, and nobody else has them.
            unsafe { Family::give_credits_back(family, self.count) };
        }
    }
}

/// All memory of one scheduler for nodes and for larger closures.
#[derive(Debug)]
pub(crate) struct Pool {
    nodes: Depot<Node>,
    blocks: Depot<Block>,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self {
            nodes: Depot::new(),
            blocks: Depot::new(),
        }
    }
}

/// Memory for a node, with a credit of its family. All of it but the count of references, which
/// is zero, and the list, which is closed, may hold anything.
#[inline]
pub(super) fn allocate(family: &Family) -> NonNull<Node> {
    let scheduler = &family.scheduler;
    let here = context::with_seat_of(scheduler, |seat| {
        let credits = seat.magazine.take_credit(family);
        (seat.magazine.nodes.take(&scheduler.pool.nodes), credits)
    });
    match here {
        Some((node, _credits)) => node,
        None => {
            family.take_credits(1);
            scheduler.pool.nodes.take_one()
        }
    }
}

/// Takes memory of a node back, and its credit of the family.
///
/// # Safety
///
/// Nobody may use the node any more, but for looks at its count of references, which is zero, and
/// at its list, which must be closed.
pub(super) unsafe fn free(node: NonNull<Node>, family: NonNull<Family>) {
    // SAFETY: the credit of the node keeps the family until the end of this function.
    let scheduler = &unsafe { family.as_ref() }.scheduler;
    let here = context::with_seat_of(scheduler, |seat| {
        seat.magazine.nodes.put(&scheduler.pool.nodes, node);
        seat.magazine.put_credit(family)
    });
    let credits = here.unwrap_or_else(|| {
        scheduler.pool.nodes.put_one(node);
        Credits {
            family: family.as_ptr(),
            count: 1,
        }
    });
    drop(credits);
}

/// Memory for a larger closure, which may hold anything.
#[inline]
pub(super) fn allocate_block(scheduler: &Scheduler) -> NonNull<Block> {
    let blocks = &scheduler.pool.blocks;
    context::with_seat_of(scheduler, |seat| seat.magazine.blocks.take(blocks))
        .unwrap_or_else(|| blocks.take_one())
}

/// Takes memory of a closure back.
///
/// # Safety
///
/// It came from the same scheduler, and nobody uses it any more.
#[inline]
pub(super) unsafe fn free_block(block: NonNull<Block>, scheduler: &Scheduler) {
    let blocks = &scheduler.pool.blocks;
    let here = context::with_seat_of(scheduler, |seat| seat.magazine.blocks.put(blocks, block));
    if here.is_none() {
        blocks.put_one(block);
    }
}
