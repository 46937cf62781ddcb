//! The symbols of the CUDA driver, forwarded to a driver that is chosen at run time.
//!
//! `cust` calls functions that `libcuda` defines, so a program that uses it neither links nor
//! starts on a machine without the driver. This crate defines every function that `cust_raw`
//! declares. Each finds its counterpart in the chosen driver when it is first called:
//!
//! ```text
//! cust ──► cuMemAlloc_v2 and 352 more ──► the driver: a shared library (`libcuda.so.1`)
//!          (this crate)                             | a part of this process (`install`)
//!                                                   | none: every call is an error
//! ```
//!
//! # The choice
//!
//! It is made once for the process: by [`install`], else by the first call of a `cu*` function, of
//! [`driver`] or of [`symbol`], which look for a shared library. The places, in this order, are
//! `libcuda.so.1`, `/usr/local/nvidia/lib64/libcuda.so.1` and `libcuda.so` (on Windows
//! `nvcuda.dll`), or only the one that the environment variable `PARLA_CUDA_DRIVER` names.
//! [`probe`] says whether there is a driver with a device, and leaves the choice open.
//!
//! # Without a driver
//!
//! Every call returns `CUDA_ERROR_NO_DEVICE`, and the text of that error, as `cuGetErrorString`
//! gives it, says where a driver was looked for and why each place was of no use. A function that
//! the driver lacks returns `CUDA_ERROR_NOT_FOUND`.
//!
//! # Codes that `cust` doesn't know
//!
//! `cust_raw` declares the result of a call as an enum of the codes of CUDA 11.4; any other value
//! would be undefined behaviour. Later drivers do return others: they reach `cust` as
//! `CUDA_ERROR_UNKNOWN`, and [`last_raw_error`] has the real one. Only results are looked after:
//! enums that a driver writes through a pointer or hands to a callback pass as they are.
//!
//! # Linking
//!
//! A program in which nothing names this crate doesn't contain its symbols: have a
//! `use parla_cuda_shim as _;` somewhere. Two crates that define them can't be in one program.
//!
//! ```
//! use parla_cuda_shim::{Driver, driver};
//!
//! match driver() {
//!     Driver::Library(library) => println!("served by {}", library.place()),
//!     Driver::InProcess(driver) => println!("served by {}", driver.name()),
//!     Driver::Missing(missing) => println!("{missing}"),
//! }
//! ```

#![warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the interface of the CUDA driver that `cust` declares is the one for 64 bits");

mod code;
mod driver;
mod forward;
mod library;
mod missing;
mod text;

pub use code::last_raw_error;
pub use driver::{AlreadyChosen, Driver, InProcess, Lookup, driver, install, symbol};
pub use library::{Library, probe};
pub use missing::{Attempt, NoDriver};
