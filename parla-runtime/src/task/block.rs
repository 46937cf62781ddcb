//! A closure that is too large for its node, in memory that is recycled as that of nodes is.
#![expect(
    unsafe_code,
    reason = "a box in memory of the pool; see docs/internals/memory.md"
)]

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use super::Family;
use super::pool::{allocate_block, free_block};

/// Memory for a closure: two lines of the cache.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Block(
    #[expect(dead_code, reason = "closures are written there")] MaybeUninit<[u8; 128]>,
);

/// A closure in a block of its family's scheduler.
pub(super) struct InBlock<F> {
    block: NonNull<Block>,
    family: NonNull<Family>,
    closure: PhantomData<F>,
}

// SAFETY: it owns the closure and the block; the family is used from any thread.
unsafe impl<F: Send> Send for InBlock<F> {}

impl<F> InBlock<F> {
    /// Whether a closure of this type can be put there.
    pub(super) const FITS: bool =
        size_of::<F>() <= size_of::<Block>() && align_of::<F>() <= align_of::<Block>();

    /// Puts a closure there.
    ///
    /// # Safety
    ///
    /// The family lives at least as long as what is returned.
    #[inline]
    pub(super) unsafe fn new(closure: F, family: &Family) -> Self {
        assert!(Self::FITS, "larger closures are boxed");
        let block = allocate_block(&family.scheduler);
        // SAFETY: it fits, and the block is ours.
        unsafe { block.cast::<F>().write(closure) };
        Self {
            block,
            family: NonNull::from(family),
            closure: PhantomData,
        }
    }

    /// The closure; its memory is free from now on.
    #[inline]
    pub(super) fn take(self) -> F {
        let this = ManuallyDrop::new(self);
        // SAFETY: the closure is there, and nobody uses it there after this.
        let closure = unsafe { this.block.cast::<F>().read() };
        // SAFETY: the block is ours, and nothing is in it any more.
        unsafe { this.free() };
        closure
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// Nobody uses it after this.
    unsafe fn free(&self) {
        // SAFETY: the family lives, as was promised to `new`.
        let scheduler = &unsafe { self.family.as_ref() }.scheduler;
        // SAFETY: it came from there; the rest is the caller's promise.
        unsafe { free_block(self.block, scheduler) };
    }
}

impl<F> Drop for InBlock<F> {
    fn drop(&mut self) {
        /// Also if the drop of the closure panics.
        struct Freed<'a, F>(&'a InBlock<F>);

        impl<F> Drop for Freed<'_, F> {
            fn drop(&mut self) {
                // SAFETY: the closure is gone, and this is the end of who owned the block.
                unsafe { self.0.free() };
            }
        }

        let freed = Freed(self);
        // SAFETY: the closure is there, and nobody uses it there after this.
        unsafe { freed.0.block.cast::<F>().drop_in_place() };
    }
}
