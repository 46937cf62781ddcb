//! Arrays on GPUs: three programs written by hand and by declared accesses, how much each moves and
//! in which order; data that don't fit; random programs; failures. On simulated GPUs whose copies
//! are slow, so that what is not waited for shows.

#[path = "../common/mod.rs"]
mod common;

mod cells;
mod cholesky;
mod jacobi;
mod machine;
mod matmul;
mod order;
mod random;
mod room;
