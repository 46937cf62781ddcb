//! The memory of nodes: taken in chunks, recycled without the allocator.
//!
//! Each seat has a magazine of free nodes; full ones go to, and come from, the scheduler's pool, a
//! hundred nodes at a time. The magazine also keeps *credits* of one family: every node holds one,
//! and they are taken and given back in bulk, so that threads don't fight over a count that all
//! tasks of a space share. Chunks go back to the operating system with the scheduler; until then
//! memory of a node stays one. See `docs/internals/memory.md`.
#![expect(
    unsafe_code,
    reason = "an allocator; see the module doc and docs/internals/memory.md"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::Family;
use super::node::Node;
use crate::graph::Successors;
use crate::sync::Mutex;
use crate::worker::context;

/// Nodes of a full rack.
const RACK: usize = 128;
/// How many nodes ahead a free node is brought here: what comes from another core takes longer than
/// several spawns.
const AHEAD: usize = 6;
/// Nodes of the first chunk, and of all later ones: those fill huge pages.
const FIRST_CHUNK: usize = 512;
const LATER_CHUNK: usize = (4 << 20) / size_of::<Node>();
const HUGE_PAGE: usize = 2 << 20;
/// How many credits a magazine takes at once.
const CREDITS: usize = 1024;

/// Free nodes.
type Rack = Vec<NonNull<Node>>;

/// The free nodes of one seat, and credits of a family it had to do with lately.
pub(crate) struct Magazine {
    active: Cell<Rack>,
    /// Full or empty.
    spare: Cell<Rack>,
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

// SAFETY: the nodes are free, and nobody else's; the family is used from any thread.
unsafe impl Send for Magazine {}

impl Magazine {
    pub(crate) fn new() -> Self {
        Self {
            active: Cell::new(Rack::new()),
            spare: Cell::new(Rack::new()),
            family: Cell::new(ptr::null()),
            credits: Cell::new(0),
            missed: Cell::new(ptr::null()),
        }
    }

    #[inline]
    fn take(&self, pool: &Pool) -> NonNull<Node> {
        let mut active = self.active.take();
        if active.is_empty() {
            active = self.refill(pool, active);
        }
        let node = active.pop().expect("a rack from the pool is not empty");
        if let Some(&later) = active
            .len()
            .checked_sub(AHEAD)
            .and_then(|at| active.get(at))
        {
            prefetch(later);
        }
        self.active.set(active);
        node
    }

    #[cold]
    fn refill(&self, pool: &Pool, empty: Rack) -> Rack {
        let spare = self.spare.replace(empty);
        let full = if spare.is_empty() {
            pool.exchange_empty(spare)
        } else {
            spare
        };
        full.iter()
            .rev()
            .take(AHEAD)
            .for_each(|&node| prefetch(node));
        full
    }

    #[inline]
    fn put(&self, pool: &Pool, node: NonNull<Node>) {
        let mut active = self.active.take();
        if active.len() >= RACK {
            active = self.make_room(pool, active);
        }
        active.push(node);
        self.active.set(active);
    }

    #[cold]
    fn make_room(&self, pool: &Pool, full: Rack) -> Rack {
        let spare = self.spare.replace(full);
        if spare.is_empty() {
            spare
        } else {
            pool.exchange_full(spare)
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
        // The nodes stay in their chunks, which the pool drops.
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

/// All memory of nodes of one scheduler.
#[derive(Debug)]
pub(crate) struct Pool(Mutex<Shared>);

#[derive(Debug)]
struct Shared {
    full: Vec<Rack>,
    empty: Vec<Rack>,
    /// Single nodes from threads without a seat.
    loose: Rack,
    chunks: Vec<(NonNull<u8>, Layout)>,
    /// The part of the latest chunk that was never used.
    fresh: *mut Node,
    fresh_count: usize,
}

// SAFETY: the pointers are to memory that the pool owns.
unsafe impl Send for Shared {}

impl Pool {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Shared {
            full: Vec::new(),
            empty: Vec::new(),
            loose: Rack::new(),
            chunks: Vec::new(),
            fresh: ptr::null_mut(),
            fresh_count: 0,
        }))
    }

    fn exchange_empty(&self, empty: Rack) -> Rack {
        let mut shared = self.0.lock();
        match shared.full.pop() {
            Some(full) => {
                shared.empty.push(empty);
                full
            }
            None => shared.carve(empty),
        }
    }

    fn exchange_full(&self, full: Rack) -> Rack {
        let mut shared = self.0.lock();
        shared.full.push(full);
        shared.empty.pop().unwrap_or_default()
    }

    fn take_one(&self) -> NonNull<Node> {
        let mut shared = self.0.lock();
        if shared.loose.is_empty() {
            let empty = std::mem::take(&mut shared.loose);
            shared.loose = match shared.full.pop() {
                Some(full) => full,
                None => shared.carve(empty),
            };
        }
        shared.loose.pop().expect("it has just been filled")
    }

    fn put_one(&self, node: NonNull<Node>) {
        let mut shared = self.0.lock();
        shared.loose.push(node);
        if shared.loose.len() >= RACK {
            let full = std::mem::take(&mut shared.loose);
            shared.full.push(full);
        }
    }
}

impl Shared {
    /// Fills a rack with nodes that were never used, the last to be taken at the highest address.
    fn carve(&mut self, mut rack: Rack) -> Rack {
        if self.fresh_count == 0 {
            self.add_chunk();
        }
        let count = RACK.min(self.fresh_count);
        rack.reserve_exact(RACK);
        for at in (0..count).rev() {
            // SAFETY: the chunk has that many unused nodes from `fresh` on.
            let node = unsafe { self.fresh.add(at) };
            #[expect(
                clippy::multiple_unsafe_ops_per_block,
                reason = "one node is written, for one reason"
            )]
            // SAFETY: the memory is ours, and nobody has seen it.
            unsafe {
                node.write_bytes(0, 1);
                (&raw mut (*node).successors).write(Successors::new());
            }
            rack.push(NonNull::new(node).expect("a chunk is not at zero"));
        }
        // SAFETY: as above; one past the end is allowed.
        self.fresh = unsafe { self.fresh.add(count) };
        self.fresh_count -= count;
        rack
    }

    fn add_chunk(&mut self) {
        let (count, align) = if self.chunks.is_empty() {
            (FIRST_CHUNK, align_of::<Node>())
        } else {
            (LATER_CHUNK, HUGE_PAGE)
        };
        let layout = Layout::array::<Node>(count)
            .and_then(|layout| layout.align_to(align))
            .expect("the sizes are constants");
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc(layout) };
        let Some(chunk) = NonNull::new(memory) else {
            handle_alloc_error(layout)
        };
        ask_for_huge_pages(chunk, layout);
        self.chunks.push((chunk, layout));
        self.fresh = chunk.as_ptr().cast();
        self.fresh_count = count;
    }
}

/// Has a node brought here for writing, from the core that last wrote to it, while other work is
/// done.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn prefetch(node: NonNull<Node>) {
    const LINE: usize = 64;
    for line in [0, LINE] {
        let address = node.as_ptr().wrapping_byte_add(line);
        // The intrinsic is lowered to a prefetch for reading, after which the line must be fetched
        // again to be written.
        // SAFETY: a prefetch may be given any address; where the processor doesn't know it, it is
        // an instruction without effect.
        unsafe {
            std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, preserves_flags));
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch(_: NonNull<Node>) {}

/// A page fault costs as much as running several tasks; huge pages have few.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(chunk: NonNull<u8>, layout: Layout) {
    if layout.align() >= HUGE_PAGE {
        // SAFETY: the range is ours, and the advice does not change what it holds. It is only
        // advice: nothing depends on whether it is taken.
        let _refused = unsafe {
            rustix::mm::madvise(
                chunk.as_ptr().cast(),
                layout.size(),
                rustix::mm::Advice::LinuxHugepage,
            )
        };
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_: NonNull<u8>, _: Layout) {}

impl Drop for Shared {
    fn drop(&mut self) {
        for (chunk, layout) in self.chunks.drain(..) {
            // SAFETY: allocated in `add_chunk` with that layout. Every node holds its scheduler,
            // whose pool this is, so none is in use.
            unsafe { dealloc(chunk.as_ptr(), layout) };
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
        (seat.magazine.take(&scheduler.pool), credits)
    });
    match here {
        Some((node, _credits)) => node,
        None => {
            family.take_credits(1);
            scheduler.pool.take_one()
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
        seat.magazine.put(&scheduler.pool, node);
        seat.magazine.put_credit(family)
    });
    let credits = here.unwrap_or_else(|| {
        scheduler.pool.put_one(node);
        Credits {
            family: family.as_ptr(),
            count: 1,
        }
    });
    drop(credits);
}
