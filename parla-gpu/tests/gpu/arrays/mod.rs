//! Copies of arrays that the runtime keeps on devices.

mod layouts;
mod mistakes;
mod order;
mod pressure;
mod views;
