//! One allocation's bytes, which many threads read and write at once without a data race.
#![expect(
    unsafe_code,
    reason = "reads and writes bytes that other threads may write"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// The width of one access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Bytes1,
    Bytes2,
    Bytes4,
    Bytes8,
}

impl Width {
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Bytes1 => 1,
            Self::Bytes2 => 2,
            Self::Bytes4 => 4,
            Self::Bytes8 => 8,
        }
    }
}

/// Bytes on the host that stand for memory of a device. Every access is atomic, so that a kernel
/// with a race has wrong values, as on a GPU, and not undefined behaviour.
#[derive(Debug)]
pub(crate) struct Block {
    start: NonNull<u8>,
    length: usize,
    /// None if the memory is someone else's.
    layout: Option<Layout>,
}

// SAFETY: the bytes are only touched by atomic accesses while the block lives.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(layout) = self.layout {
            // SAFETY: allocated in `new` with this layout, and nobody can reach it any more.
            unsafe { dealloc(self.start.as_ptr(), layout) }
        }
    }
}

/// Runs the expression with `$atomic` bound to the atomic of that width at that offset.
macro_rules! at {
    ($block:expr, $offset:expr, $width:expr, $atomic:ident => $value:expr) => {{
        let start = $block.checked($offset, $width);
        match $width {
            Width::Bytes1 => {
                // SAFETY: `checked`: inside the block, which lives, and aligned.
                let $atomic = unsafe { AtomicU8::from_ptr(start) };
                $value
            }
            Width::Bytes2 => {
                // SAFETY: as above.
                let $atomic = unsafe { AtomicU16::from_ptr(start.cast()) };
                $value
            }
            Width::Bytes4 => {
                // SAFETY: as above.
                let $atomic = unsafe { AtomicU32::from_ptr(start.cast()) };
                $value
            }
            Width::Bytes8 => {
                // SAFETY: as above.
                let $atomic = unsafe { AtomicU64::from_ptr(start.cast()) };
                $value
            }
        }
    }};
}

/// The low bits of a value, in the type of the place they go to.
trait Narrow: Copy {
    fn narrow(value: u64) -> Self;
    fn widen(self) -> u64;
}

macro_rules! narrow {
    ($($type:ty),*) => { $(
        impl Narrow for $type {
            #[inline]
            fn narrow(value: u64) -> Self {
                value as Self
            }
            #[inline]
            fn widen(self) -> u64 {
                u64::from(self)
            }
        }
    )* };
}
narrow!(u8, u16, u32, u64);

impl Block {
    /// So many bytes, each of that value. All blocks begin at a multiple of 512.
    pub(crate) fn new(length: usize, value: u8) -> Self {
        let layout = Layout::from_size_align(length.max(1).next_multiple_of(8), 512)
            .expect("a capacity that was checked");
        // SAFETY: the layout is not empty.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout)
        };
        // SAFETY: so many bytes were just allocated.
        unsafe { start.write_bytes(value, layout.size()) };
        Self {
            start,
            length,
            layout: Some(layout),
        }
    }

    /// So many bytes of someone else's memory.
    ///
    /// # Safety
    ///
    /// They begin at a multiple of 8 and live as long as the block.
    pub(crate) unsafe fn over(start: NonNull<u8>, length: usize) -> Self {
        Self {
            start,
            length,
            layout: None,
        }
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Where it lies on the host, for memory that the host may touch itself.
    pub(crate) fn host_address(&self) -> u64 {
        self.start.as_ptr() as u64
    }

    /// # Panics
    ///
    /// If the access is not inside the block or not aligned: callers have checked it.
    #[inline]
    fn checked(&self, offset: usize, width: Width) -> *mut u8 {
        let bytes = width.bytes();
        assert!(
            offset.is_multiple_of(bytes) && offset < self.length && self.length - offset >= bytes,
            "a checked access"
        );
        // SAFETY: inside the allocation.
        unsafe { self.start.as_ptr().add(offset) }
    }

    /// The value at a multiple of its width, zero-extended.
    #[inline]
    pub(crate) fn load(&self, offset: usize, width: Width) -> u64 {
        // Relaxed: kernels order their accesses with barriers and atomics, which are fences.
        at!(self, offset, width, atomic => atomic.load(Ordering::Relaxed).widen())
    }

    /// Writes the low bits of the value at a multiple of its width.
    #[inline]
    pub(crate) fn store(&self, offset: usize, width: Width, value: u64) {
        // Relaxed: as in `load`.
        at!(self, offset, width, atomic => atomic.store(Narrow::narrow(value), Ordering::Relaxed));
    }

    /// Replaces the value in one step by what the function makes of it; the value before.
    #[inline]
    pub(crate) fn update(&self, offset: usize, width: Width, f: impl Fn(u64) -> u64) -> u64 {
        // AcqRel: atomics of a kernel may order what other blocks do, and pair with each other.
        at!(self, offset, width, atomic => {
            let change = |old: _| Some(Narrow::narrow(f(Narrow::widen(old))));
            match atomic.fetch_update(Ordering::AcqRel, Ordering::Acquire, change) {
                Ok(old) | Err(old) => old.widen(),
            }
        })
    }

    /// Copies bytes out, from any offset.
    pub(crate) fn read(&self, offset: usize, into: &mut [u8]) {
        let mut done = 0;
        while done < into.len() {
            let at = offset + done;
            let width = widest(at, into.len() - done);
            let value = self.load(at, width).to_le_bytes();
            into[done..done + width.bytes()].copy_from_slice(&value[..width.bytes()]);
            done += width.bytes();
        }
    }

    /// Copies bytes in, to any offset.
    pub(crate) fn write(&self, offset: usize, from: &[u8]) {
        let mut done = 0;
        while done < from.len() {
            let at = offset + done;
            let width = widest(at, from.len() - done);
            let mut value = [0; 8];
            value[..width.bytes()].copy_from_slice(&from[done..done + width.bytes()]);
            self.store(at, width, u64::from_le_bytes(value));
            done += width.bytes();
        }
    }
}

/// The widest access that is aligned there and not longer than what is left.
#[inline]
fn widest(offset: usize, left: usize) -> Width {
    [Width::Bytes8, Width::Bytes4, Width::Bytes2]
        .into_iter()
        .find(|width| offset.is_multiple_of(width.bytes()) && width.bytes() <= left)
        .unwrap_or(Width::Bytes1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_in_and_come_out_at_any_offset() {
        let block = Block::new(37, 0xA5);
        let written: Vec<u8> = (1..=29).collect();
        block.write(3, &written);
        let mut all = vec![0; 37];
        block.read(0, &mut all);
        assert_eq!(&all[..3], [0xA5; 3]);
        assert_eq!(&all[3..32], written);
        assert_eq!(&all[32..], [0xA5; 5]);
        assert_eq!(block.load(4, Width::Bytes4), 0x0504_0302);
    }

    #[test]
    fn an_update_is_one_step() {
        let block = Block::new(8, 0);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    for _ in 0..1000 {
                        block.update(2, Width::Bytes2, |old| old + 1);
                    }
                });
            }
        });
        assert_eq!(block.load(0, Width::Bytes8), 2000 << 16);
    }

    #[test]
    #[should_panic(expected = "a checked access")]
    fn an_access_beyond_the_end_is_refused() {
        Block::new(6, 0).load(4, Width::Bytes4);
    }
}
