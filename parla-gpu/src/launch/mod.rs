//! Launching kernels: shape, code, arguments.

mod argument;
mod config;
mod image;

pub use argument::Argument;
pub(crate) use argument::Kind;
pub use config::{LaunchConfig, grid_for, grid_for_2d};
pub use image::Image;
