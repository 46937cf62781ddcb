//! What is countable on a device, and who has how much of it. Knows devices only by index.

mod amount;
pub(crate) mod places;
mod pool;
pub(crate) mod topology;
mod wish;

pub use amount::{AmountError, Bytes, Vcus};
pub(crate) use pool::{Alternative, Demand, DeviceMask, Grant, Load, Pool};
pub(crate) use wish::{Ranked, Wish};
