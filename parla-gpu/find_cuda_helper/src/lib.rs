//! Stands in for the crate of this name, through `[patch.crates-io]`, so that `cust` builds without
//! a CUDA toolkit.
//!
//! The build scripts of `cust` and `cust_raw` call the original to find `libcuda` and to link
//! against it; without a toolkit it fails the build. Here nothing is to be linked:
//! `parla-cuda-shim` defines the symbols. This is not a copy: only the one function that those
//! scripts call is here.

/// Would add the flags by which the linker finds `libcuda`. None are needed.
pub fn include_cuda() {}
