//! The memory of simulated devices, and the host's as far as devices reach it.

mod block;
mod copy;
mod place;
mod pool;
mod reach;
mod region;
mod set;
mod space;

pub(crate) use block::{Block, Width};
pub(crate) use copy::{Copy, Layout, Side};
pub(crate) use place::Place;
pub(crate) use pool::Pool;
pub(crate) use reach::Reach;
pub(crate) use region::{Kind, Region};
pub(crate) use set::Set;
pub(crate) use space::{DEVICE_ADDRESSES, Space};

/// Device memory is given out in multiples of this.
pub(crate) const GRANULE: u64 = 512;
