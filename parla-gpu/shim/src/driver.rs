//! The driver that serves this process, and the one moment in which it is chosen.

#![expect(unsafe_code, reason = "installing a driver is a promise of the caller")]

use std::error::Error;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::OnceLock;

use crate::library::{self, Library};
use crate::missing::NoDriver;

/// Finds a function of a driver in this process by its name, as `cuMemAlloc_v2`; null if the driver
/// doesn't have it.
pub type Lookup = fn(&str) -> *const c_void;

/// A driver that is a part of this process.
#[derive(Clone, Copy)]
pub struct InProcess {
    name: &'static str,
    lookup: Lookup,
}

impl InProcess {
    /// The name that it was installed under.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InProcess").field(&self.name).finish()
    }
}

/// What serves the `cu*` functions of this process.
#[derive(Debug)]
pub enum Driver {
    /// A shared library, such as that of NVIDIA's driver.
    Library(&'static Library),
    /// What [`install`] was given.
    InProcess(InProcess),
    /// Nothing: every call fails.
    Missing(&'static NoDriver),
}

impl Driver {
    pub(crate) fn symbol(&self, name: &str) -> Option<NonNull<c_void>> {
        match self {
            Self::Library(library) => library.symbol(name),
            Self::InProcess(driver) => NonNull::new((driver.lookup)(name).cast_mut()),
            Self::Missing(_) => None,
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(library) => write!(f, "the CUDA driver `{}`", library.place()),
            Self::InProcess(driver) => write!(f, "the in-process driver `{}`", driver.name),
            Self::Missing(missing) => fmt::Display::fmt(missing, f),
        }
    }
}

static DRIVER: OnceLock<Driver> = OnceLock::new();

/// The driver that serves; chooses it if that hasn't happened.
#[must_use]
pub fn driver() -> &'static Driver {
    DRIVER.get_or_init(|| match library::find() {
        Ok(library) => Driver::Library(library),
        Err(missing) => Driver::Missing(missing),
    })
}

/// Has a driver that is a part of this process serve, under a name for people.
///
/// # Errors
///
/// A driver was chosen before, by another `install` or by the first use.
///
/// # Safety
///
/// What `lookup` returns for the name of a function of the CUDA driver must be null or the address
/// of a function with the signature that the driver's interface gives it, which does what is
/// documented there and stays loaded.
pub unsafe fn install(name: &'static str, lookup: Lookup) -> Result<(), AlreadyChosen> {
    DRIVER
        .set(Driver::InProcess(InProcess { name, lookup }))
        .map_err(|_| AlreadyChosen {
            refused: name,
            serving: driver(),
        })
}

/// The address of a function of the driver that serves, for those that are newer than CUDA 11.4,
/// which `cust` doesn't declare. Chooses the driver if that hasn't happened.
///
/// A function called by its address returns codes as the driver gives them.
#[must_use]
pub fn symbol(name: &str) -> Option<*const c_void> {
    driver()
        .symbol(name)
        .map(|address| address.as_ptr().cast_const())
}

/// A driver can't be installed, since another serves already.
#[derive(Debug, Clone, Copy)]
pub struct AlreadyChosen {
    refused: &'static str,
    serving: &'static Driver,
}

impl AlreadyChosen {
    /// The driver that serves.
    #[must_use]
    pub fn serving(&self) -> &'static Driver {
        self.serving
    }
}

impl fmt::Display for AlreadyChosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { refused, serving } = self;
        write!(
            f,
            "can't install the driver `{refused}`, the choice has been made: {serving}; install \
             before the first use of CUDA"
        )
    }
}

impl Error for AlreadyChosen {}
