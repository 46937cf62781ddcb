//! The arguments of entry points: what comes in over the C interface, and how it is read.
//!
//! None of these types can be made in safe Rust: a value of them came from a caller of the C
//! interface, who promises what CUDA's documentation asks for (a pointer is null or good for what
//! the call does with it). That promise is what the reads and writes here rest on.
#![expect(
    unsafe_code,
    reason = "reads and writes through the pointers that callers of the C interface pass"
)]

mod graphs;
mod structures;

pub use graphs::{Access, HostNode, KernelNode, Location, PoolProperties, SetNode, UpdateResult};
pub use structures::{Copy2D, Copy3D, DeviceProperties, Side2D, Side3D};

use crate::codes::Code;
use crate::handle::Handle;
use crate::memory::Block;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::NonNull;

/// A place for a result.
#[derive(Debug)]
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Fails for a null pointer, before anything is done that would have to be undone.
    pub(crate) fn check(self) -> Result<Self, Code> {
        if self.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        Ok(self)
    }

    /// Writes the result.
    pub(crate) fn set(self, value: T) -> Result<(), Code> {
        self.set_at(0, value)
    }

    /// Writes the result, if the caller wants it.
    pub(crate) fn set_if_wanted(self, value: T) {
        let _ = self.set(value);
    }

    /// Writes one of several results; the caller has said for how many there is room.
    pub(crate) fn set_at(self, index: usize, value: T) -> Result<(), Code> {
        self.check()?;
        // SAFETY: inside what the caller said there is room for.
        let place = unsafe { self.0.add(index) };
        // SAFETY: not null, so good for a write by the caller's promise.
        unsafe { place.write_unaligned(value) };
        Ok(())
    }
}

impl<T: Copy> Out<T> {
    /// Reads what the caller has put there, for places that are both argument and result.
    pub(crate) fn get(self) -> Result<T, Code> {
        In(self.0.cast_const()).get()
    }

    /// Reads one of several such places.
    pub(crate) fn get_at(self, index: usize) -> Result<T, Code> {
        In(self.0.cast_const()).get_at(index)
    }
}

impl Out<c_void> {
    /// A place whose type another argument says.
    pub(crate) fn cast<T>(self) -> Out<T> {
        Out(self.0.cast())
    }
}

impl Out<c_char> {
    /// Writes as much of the text as there is room for, and a zero behind it.
    pub(crate) fn set_text(self, text: &str, room: usize) -> Result<(), Code> {
        self.check()?;
        let length = text
            .len()
            .min(room.checked_sub(1).ok_or(Code::INVALID_VALUE)?);
        for (index, byte) in text.bytes().take(length).enumerate() {
            self.set_at(index, c_char::from_ne_bytes([byte]))?;
        }
        self.set_at(length, 0)
    }
}

/// An argument passed by address: one value, or the first of several.
#[derive(Debug)]
#[repr(transparent)]
pub struct In<T>(*const T);

impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for In<T> {}

impl<T> In<T> {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl<T: Copy> In<T> {
    pub(crate) fn get(self) -> Result<T, Code> {
        self.get_at(0)
    }

    /// One of several; the caller has said how many there are.
    pub(crate) fn get_at(self, index: usize) -> Result<T, Code> {
        if self.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        // SAFETY: inside what the caller said is there.
        let place = unsafe { self.0.add(index) };
        // SAFETY: not null, so good for a read by the caller's promise.
        Ok(unsafe { place.read_unaligned() })
    }

    /// So many values.
    pub(crate) fn get_all(self, count: usize) -> Result<Vec<T>, Code> {
        (0..count).map(|index| self.get_at(index)).collect()
    }
}

impl In<c_void> {
    /// An argument whose type another argument says.
    pub(crate) fn cast<T>(self) -> In<T> {
        In(self.0.cast())
    }
}

/// A text that ends with a zero.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    /// Its bytes without the zero.
    pub(crate) fn bytes(self) -> Result<Vec<u8>, Code> {
        if self.0.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        // SAFETY: not null, so a text that ends with a zero by the caller's promise.
        Ok(unsafe { CStr::from_ptr(self.0) }.to_bytes().to_vec())
    }

    /// The text; one that isn't UTF-8 names nothing we know.
    pub(crate) fn get(self) -> Result<String, Code> {
        String::from_utf8(self.bytes()?).map_err(|_| Code::INVALID_VALUE)
    }
}

/// An address in the one address space that hosts and devices share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Address(u64);

impl Address {
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn plus(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// So many bytes of the host's memory, from the multiple of 8 at or before it on.
    pub(crate) fn block(self, bytes: usize) -> Option<Block> {
        let lead = usize::try_from(self.0 % 8).expect("it is small");
        let start = NonNull::new((self.0 - self.0 % 8) as *mut u8)?;
        // SAFETY: the caller of the C interface has registered these bytes and promises that they
        // live until they are taken back, which waits for all work. The bytes of the first word
        // before them are touched by none that keeps to its bounds.
        Some(unsafe { Block::over(start, bytes + lead) })
    }

    /// The argument that it is the address of.
    pub(crate) fn follow<T>(self) -> In<T> {
        In(self.0 as *const T)
    }

    /// Copies bytes of the host's memory out, from here on.
    pub(crate) fn read_host(self, into: &mut [u8]) {
        let from = self.0 as *const u8;
        // SAFETY: the caller of the C interface promises so many bytes there, for this long.
        unsafe { from.copy_to(into.as_mut_ptr(), into.len()) };
    }

    /// Copies bytes into the host's memory, from here on.
    pub(crate) fn write_host(self, from: &[u8]) {
        let into = self.0 as *mut u8;
        // SAFETY: as above.
        unsafe { into.copy_from(from.as_ptr(), from.len()) };
    }
}

/// A function of the program, with what it wants to be called with.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct HostFunction(Option<unsafe extern "C" fn(Opaque)>);

impl HostFunction {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn call(self, data: Opaque) {
        if let Some(function) = self.0 {
            // SAFETY: by the caller's promise, a function that may be called with that.
            unsafe { function(data) };
        }
    }
}

/// A function of the program that is told how a stream has fared.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct StreamCallback(Option<unsafe extern "C" fn(Handle, u32, Opaque)>);

impl StreamCallback {
    pub(crate) fn is_null(self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn call(self, stream: Handle, status: u32, data: Opaque) {
        if let Some(function) = self.0 {
            // SAFETY: by the caller's promise, a function that may be called with that.
            unsafe { function(stream, status, data) };
        }
    }
}

/// A function of the program that says how much dynamic shared memory a block of that size needs.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct SharedOfBlock(Option<unsafe extern "C" fn(i32) -> usize>);

impl SharedOfBlock {
    /// What it says, or the fixed amount if there is no function.
    pub(crate) fn call(self, threads: i32, fixed: usize) -> usize {
        match self.0 {
            // SAFETY: by the caller's promise, a function that may be called with that.
            Some(function) => unsafe { function(threads) },
            None => fixed,
        }
    }
}

/// A pointer of the program that is only kept and handed back.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Opaque(*mut c_void);

// SAFETY: never followed here; the program asks for its function to be called on another thread.
unsafe impl Send for Opaque {}
// SAFETY: as above.
unsafe impl Sync for Opaque {}
