//! The entry points: `cu*` by name, what each call goes through, and where each one is.
#![expect(non_snake_case, reason = "the names are CUDA's own")]

mod capture;
mod context;
mod copy;
mod device;
mod error;
mod event;
mod graph;
mod launch;
mod link;
mod memory;
mod module;
mod occupancy;
mod pool;
mod stream;

use crate::codes::Code;
use crate::driver;
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IN_HOST_FUNCTION: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function of the program, which is not allowed to call the driver.
pub(crate) fn in_host_function(f: impl FnOnce()) {
    IN_HOST_FUNCTION.set(true);
    // The function is `extern "C"` and so can't unwind into this.
    f();
    IN_HOST_FUNCTION.set(false);
}

/// What answers even before `cuInit` and inside host functions.
const ALWAYS: &[&str] = &[
    "cuDriverGetVersion",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuGetProcAddress",
    "cuGetProcAddress_v2",
];

/// What every call goes through.
fn enter(name: &'static str, call: impl FnOnce() -> Result<(), Code>) -> u32 {
    let result = catch_unwind(AssertUnwindSafe(|| {
        if ALWAYS.contains(&name) {
            return call();
        }
        if IN_HOST_FUNCTION.get() {
            return Err(Code::NOT_PERMITTED);
        }
        driver().faults.count(name)?;
        if name != "cuInit" && !driver().is_initialised() {
            return Err(Code::NOT_INITIALIZED);
        }
        call()
    }));
    // A panic is a mistake in the simulator; the hook has printed it.
    Code::of(result.unwrap_or(Err(Code::UNKNOWN)))
}

/// Defines entry points, `find` for their addresses, and a macro that lists their signatures.
macro_rules! entries {
    ($dollar:tt $signatures:ident;
     $($(#[$meta:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        $(
            $(#[$meta])*
            extern "C" fn $name($($argument: $type),*) -> u32 {
                $crate::entry::enter(stringify!($name), move || $body)
            }
        )*

        /// The address of an entry point of this file.
        pub(super) fn find(name: &str) -> Option<*const std::ffi::c_void> {
            match name {
                $(stringify!($name) => Some($name as *const std::ffi::c_void),)*
                _ => None,
            }
        }

        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $signatures {
            ($dollar with:ident) => {
                $dollar with! { $(fn $name($($argument: $type),*);)* }
            };
        }
    };
}
use entries;

/// The address of our function for a name of the driver's interface (`"cuMemAlloc_v2"`), as
/// `dlsym` would give it; null if there is none. Works at any time and from any thread.
///
/// The function has the signature that CUDA documents for the name, with the C calling convention.
#[must_use]
pub fn lookup(name: &str) -> *const c_void {
    FILES
        .iter()
        .find_map(|(find, _)| find(name))
        .unwrap_or(std::ptr::null())
}

/// The names of all entry points.
pub fn entry_points() -> impl Iterator<Item = &'static str> {
    FILES.iter().flat_map(|(_, names)| names.iter().copied())
}

type File = (fn(&str) -> Option<*const c_void>, &'static [&'static str]);

const FILES: &[File] = &[
    (capture::find, capture::NAMES),
    (context::find, context::NAMES),
    (copy::find, copy::NAMES),
    (device::find, device::NAMES),
    (error::find, error::NAMES),
    (event::find, event::NAMES),
    (graph::find, graph::NAMES),
    (launch::find, launch::NAMES),
    (link::find, link::NAMES),
    (memory::find, memory::NAMES),
    (module::find, module::NAMES),
    (occupancy::find, occupancy::NAMES),
    (pool::find, pool::NAMES),
    (stream::find, stream::NAMES),
];
