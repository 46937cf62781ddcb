//! The whole runtime under shuttle: its threads, queues, waits and its end, in random and PCT schedules.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p parla-runtime --test shuttle`; without the flag there is
//! nothing here. loom (`tests/loom/`) tries every interleaving of single protocols with their memory
//! orderings; shuttle tries some of the interleavings of everything together, all sequentially
//! consistent. A lost wake-up is a deadlock, which shuttle reports.
#![cfg(shuttle)]

mod arrays;
mod awaits;
mod cancel;
mod explore;
mod forward;
mod graphs;
#[path = "../arrays/memories.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod memories;
mod nested;
mod prebuilt;
mod recycling;
mod resources;
mod runahead;
mod shutdown;
mod sleeping;
mod stalls;
mod witness;
