//! Arrays that tasks declare to use.

mod basics;
mod claims;
mod explicit;
mod failures;
mod faults;
#[cfg(feature = "mmap")]
mod mapped;
#[cfg(feature = "nalgebra")]
mod matrices;
mod memories;
mod moves;
mod places;
mod races;
mod random;
mod reductions;
mod tiles;
mod watched;
