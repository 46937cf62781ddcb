//! Drivers in shared libraries: where they are looked for, and whether they have a device.

#![expect(
    unsafe_code,
    reason = "loads a library and calls functions that it exports"
)]

use std::error::Error as _;
use std::ffi::{OsString, c_int, c_uint, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::{env, fmt, mem};

use crate::code;
use crate::missing::{Attempt, NoDriver};

/// Names the library to load, instead of the usual places.
const VARIABLE: &str = "PARLA_CUDA_DRIVER";

const USUAL_PLACES: &[&str] = if cfg!(windows) {
    &["nvcuda.dll"]
} else {
    &[
        "libcuda.so.1",
        // Where container runtimes put it, in images whose loader doesn't look there.
        "/usr/local/nvidia/lib64/libcuda.so.1",
        "libcuda.so",
    ]
};

/// A driver in a shared library, loaded for the rest of the process.
pub struct Library {
    place: String,
    handle: libloading::Library,
}

impl Library {
    fn load(place: OsString) -> Result<Self, Attempt> {
        let name = place.to_string_lossy().into_owned();
        // SAFETY: runs the library's initialisers. It is the system's CUDA driver, or what the
        // user named as one, and is trusted as a library that the program is linked with would be.
        match unsafe { libloading::Library::new(&place) } {
            Ok(handle) => Ok(Self {
                place: name,
                handle,
            }),
            Err(error) => {
                let reason = error
                    .source()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                // The loader repeats the name.
                let reason = reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason);
                Err(Attempt::new(&*name, reason))
            }
        }
    }

    /// The path or file name that it was loaded by.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The address of what it exports under that name.
    pub(crate) fn symbol(&self, name: &str) -> Option<NonNull<c_void>> {
        // SAFETY: takes the address as what it is, whatever stands there.
        let address = unsafe { self.handle.get::<*mut c_void>(name) };
        address.ok().and_then(|address| NonNull::new(*address))
    }

    /// Whether it starts and finds a device; the reason if not.
    fn check_devices(&self) -> Result<(), String> {
        type Init = unsafe extern "C" fn(c_uint) -> u32;
        type CountDevices = unsafe extern "C" fn(*mut c_int) -> u32;

        let init = self.required("cuInit")?;
        // SAFETY: the driver's function of that name has this signature.
        let init = unsafe { mem::transmute::<NonNull<c_void>, Init>(init) };
        // SAFETY: takes any flags, and may be called any number of times by any thread.
        succeeded("cuInit", unsafe { init(0) })?;

        let count = self.required("cuDeviceGetCount")?;
        // SAFETY: the driver's function of that name has this signature.
        let count = unsafe { mem::transmute::<NonNull<c_void>, CountDevices>(count) };
        let mut devices = 0;
        // SAFETY: writes the number to a place that outlives the call.
        let result = unsafe { count(&raw mut devices) };
        succeeded("cuDeviceGetCount", result)?;
        if devices > 0 {
            Ok(())
        } else {
            Err("it has no device".into())
        }
    }

    fn required(&self, name: &str) -> Result<NonNull<c_void>, String> {
        self.symbol(name)
            .ok_or_else(|| format!("it has no `{name}`"))
    }
}

fn succeeded(name: &str, result: u32) -> Result<(), String> {
    match result {
        code::SUCCESS => Ok(()),
        failed => Err(format!("`{name}` returned {}", code::describe(failed))),
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Library").field(&self.place).finish()
    }
}

/// The first library that could be loaded; looked for once in the life of the process.
pub(crate) fn find() -> Result<&'static Library, &'static NoDriver> {
    static FOUND: OnceLock<Result<Library, NoDriver>> = OnceLock::new();
    FOUND.get_or_init(load_first).as_ref()
}

fn load_first() -> Result<Library, NoDriver> {
    let named = env::var_os(VARIABLE).filter(|named| !named.is_empty());
    let places: Vec<OsString> = match named {
        Some(place) => vec![place],
        None => USUAL_PLACES.iter().map(Into::into).collect(),
    };
    let mut attempts = Vec::new();
    for place in places {
        match Library::load(place) {
            Ok(library) => return Ok(library),
            Err(attempt) => attempts.push(attempt),
        }
    }
    Err(NoDriver::new(attempts))
}

/// Looks for a driver with a device, and leaves the choice of the driver open.
///
/// It loads the library that would be chosen and starts it: `cuInit`, which can take as long as
/// the first use of a GPU does, and `cuDeviceGetCount`. The library stays loaded even when another
/// driver is installed afterwards.
///
/// # Errors
///
/// No library could be loaded, or the one that could has no device; with the reasons.
pub fn probe() -> Result<&'static Library, NoDriver> {
    let library = find().map_err(Clone::clone)?;
    match library.check_devices() {
        Ok(()) => Ok(library),
        Err(reason) => Err(NoDriver::new(vec![Attempt::new(library.place(), reason)])),
    }
}
