//! The functions that `cust` links against, each of which calls the driver's of the same name.

#![expect(
    unsafe_code,
    reason = "defines the symbols of the CUDA driver and calls a driver by addresses"
)]

mod table;

use std::ffi::{c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::code;
use crate::driver::{Driver, driver};

/// Any pointer: what it points to is the business of the caller and the driver.
type Pointer = *mut c_void;

/// A `CUipcEventHandle` or a `CUipcMemHandle`: the only structs that are passed by value.
#[repr(C)]
#[derive(Clone, Copy)]
struct IpcHandle([c_char; 64]);

/// Where one function of the driver is, once it has been looked up.
pub(crate) struct Slot {
    name: &'static str,
    /// Null before the look-up, [`ABSENT`] when the driver doesn't have it.
    function: AtomicPtr<c_void>,
}

const ABSENT: *mut c_void = ptr::without_provenance_mut(1);

impl Slot {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            function: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The driver's function; chooses the driver if that hasn't happened.
    pub(crate) fn function(&self) -> Option<NonNull<c_void>> {
        // Acquire: pairs with the Release of the look-up on another thread, after which the code
        // of the library is loaded.
        let function = self.function.load(Ordering::Acquire);
        if function == ABSENT {
            return None;
        }
        NonNull::new(function).or_else(|| self.look_up())
    }

    #[cold]
    fn look_up(&self) -> Option<NonNull<c_void>> {
        let found = driver().symbol(self.name);
        let function = found.map_or(ABSENT, NonNull::as_ptr);
        // Release: pairs with the Acquire above. Threads that look it up together store the same.
        self.function.store(function, Ordering::Release);
        found
    }
}

/// What a function returns that the driver doesn't have.
#[cold]
fn absent() -> u32 {
    code::checked(match driver() {
        Driver::Missing(_) => code::NO_DEVICE,
        Driver::Library(_) | Driver::InProcess(_) => code::NOT_FOUND,
    })
}

/// Defines a function for each signature, which is one of the driver's reduced to what the calling
/// convention sees.
macro_rules! forward {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
                static SLOT: Slot = Slot::new(stringify!($name));
                let Some(function) = SLOT.function() else {
                    return absent();
                };
                type Function = unsafe extern "C" fn($($type),*) -> u32;
                // SAFETY: the driver's function of this name has this signature: a test holds the
                // table against the declarations that `cust` calls it by.
                let function = unsafe { std::mem::transmute::<NonNull<c_void>, Function>(function) };
                // SAFETY: the caller keeps what the driver's interface asks for.
                code::checked(unsafe { function($($argument),*) })
            }
        )*

        /// Has the linker keep every function, whichever of them the program calls and in whatever
        /// order it reads the libraries.
        #[used]
        static FORWARDERS: [AtomicPtr<()>; <[&str]>::len(&[$(stringify!($name)),*])] =
            [$(AtomicPtr::new($name as *mut ())),*];
    };
}
use forward;
