//! Memory of one size: taken in chunks, recycled in racks without the allocator.
//!
//! Each seat has a few free items at hand ([`Racks`]); full racks of them go to, and come from, the
//! scheduler's [`Depot`]. Chunks go back to the operating system with that; until then memory of a
//! item stays one. See `docs/internals/memory.md`.
#![expect(
    unsafe_code,
    reason = "an allocator; see the module doc and docs/internals/memory.md"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};

use crate::sync::Mutex;

/// Items of a full rack.
const RACK: usize = 128;
/// How many items ahead a free one is brought here: what comes from another core takes longer than
/// several spawns.
const AHEAD: usize = 6;
/// Items of the first chunk, and the size of all later ones: those fill huge pages.
const FIRST_CHUNK: usize = 512;
const LATER_CHUNK: usize = 4 << 20;
const HUGE_PAGE: usize = 2 << 20;

/// What memory of an item is for.
pub(crate) trait Item {
    /// Makes memory that nobody has seen that of a free item.
    ///
    /// # Safety
    ///
    /// It is the caller's alone, and large enough.
    unsafe fn prepare(memory: *mut Self);
}

/// Free items.
type Rack<T> = Vec<NonNull<T>>;

/// The free items of one seat.
pub(super) struct Racks<T> {
    active: Cell<Rack<T>>,
    /// Full or empty.
    spare: Cell<Rack<T>>,
}

// SAFETY: the items are free, and nobody else's.
unsafe impl<T> Send for Racks<T> {}

impl<T: Item> Racks<T> {
    pub(super) fn new() -> Self {
        Self {
            active: Cell::new(Rack::new()),
            spare: Cell::new(Rack::new()),
        }
    }

    #[inline]
    pub(super) fn take(&self, depot: &Depot<T>) -> NonNull<T> {
        let mut active = self.active.take();
        if active.is_empty() {
            active = self.refill(depot, active);
        }
        let item = active.pop().expect("a rack from the depot is not empty");
        if let Some(&later) = active
            .len()
            .checked_sub(AHEAD)
            .and_then(|at| active.get(at))
        {
            prefetch(later);
        }
        self.active.set(active);
        item
    }

    #[cold]
    fn refill(&self, depot: &Depot<T>, empty: Rack<T>) -> Rack<T> {
        let spare = self.spare.replace(empty);
        let full = if spare.is_empty() {
            depot.exchange_empty(spare)
        } else {
            spare
        };
        full.iter()
            .rev()
            .take(AHEAD)
            .for_each(|&item| prefetch(item));
        full
    }

    #[inline]
    pub(super) fn put(&self, depot: &Depot<T>, item: NonNull<T>) {
        let mut active = self.active.take();
        if active.len() >= RACK {
            active = self.make_room(depot, active);
        }
        active.push(item);
        self.active.set(active);
    }

    #[cold]
    fn make_room(&self, depot: &Depot<T>, full: Rack<T>) -> Rack<T> {
        let spare = self.spare.replace(full);
        if spare.is_empty() {
            spare
        } else {
            depot.exchange_full(spare)
        }
    }
}

/// All memory of one scheduler for one kind of item.
#[derive(Debug)]
pub(super) struct Depot<T>(Mutex<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    full: Vec<Rack<T>>,
    empty: Vec<Rack<T>>,
    /// Single items from threads without a seat.
    loose: Rack<T>,
    chunks: Vec<(NonNull<u8>, Layout)>,
    /// The part of the latest chunk that was never used.
    fresh: *mut T,
    fresh_count: usize,
}

// SAFETY: the pointers are to memory that the depot owns.
unsafe impl<T> Send for Shared<T> {}

impl<T: Item> Depot<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Shared {
            full: Vec::new(),
            empty: Vec::new(),
            loose: Rack::new(),
            chunks: Vec::new(),
            fresh: ptr::null_mut(),
            fresh_count: 0,
        }))
    }

    fn exchange_empty(&self, empty: Rack<T>) -> Rack<T> {
        let mut shared = self.0.lock();
        match shared.full.pop() {
            Some(full) => {
                shared.empty.push(empty);
                full
            }
            None => shared.carve(empty),
        }
    }

    fn exchange_full(&self, full: Rack<T>) -> Rack<T> {
        let mut shared = self.0.lock();
        shared.full.push(full);
        shared.empty.pop().unwrap_or_default()
    }

    pub(super) fn take_one(&self) -> NonNull<T> {
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

    pub(super) fn put_one(&self, item: NonNull<T>) {
        let mut shared = self.0.lock();
        shared.loose.push(item);
        if shared.loose.len() >= RACK {
            let full = std::mem::take(&mut shared.loose);
            shared.full.push(full);
        }
    }
}

impl<T: Item> Shared<T> {
    /// Fills a rack with items that were never used, the last to be taken at the highest address.
    fn carve(&mut self, mut rack: Rack<T>) -> Rack<T> {
        if self.fresh_count == 0 {
            self.add_chunk();
        }
        let count = RACK.min(self.fresh_count);
        rack.reserve_exact(RACK);
        for at in (0..count).rev() {
            // SAFETY: the chunk has that many unused items from `fresh` on.
            let item = unsafe { self.fresh.add(at) };
            // SAFETY: the memory is ours, and nobody has seen it.
            unsafe { T::prepare(item) };
            rack.push(NonNull::new(item).expect("a chunk is not at zero"));
        }
        // SAFETY: as above; one past the end is allowed.
        self.fresh = unsafe { self.fresh.add(count) };
        self.fresh_count -= count;
        rack
    }

    fn add_chunk(&mut self) {
        let (count, align) = if self.chunks.is_empty() {
            (FIRST_CHUNK, align_of::<T>())
        } else {
            (LATER_CHUNK / size_of::<T>(), HUGE_PAGE)
        };
        let layout = Layout::array::<T>(count)
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

/// Has the start of an item brought here for writing, from the core that last wrote to it, while other
/// work is done.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn prefetch<T>(item: NonNull<T>) {
    const LINE: usize = 64;
    for line in [0, LINE] {
        let address = item.as_ptr().wrapping_byte_add(line);
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
pub(super) fn prefetch<T>(_: NonNull<T>) {}

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

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        for (chunk, layout) in self.chunks.drain(..) {
            // SAFETY: allocated in `add_chunk` with that layout. Whoever uses an item holds the
            // scheduler, whose depot this is, so none is in use.
            unsafe { dealloc(chunk.as_ptr(), layout) };
        }
    }
}
