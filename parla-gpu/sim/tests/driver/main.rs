//! What the driver does, by its entry points. Each test has a device of its own.

mod addresses;
mod capture;
mod contexts;
mod copies;
mod cuda;
mod devices;
mod events;
mod gate;
mod graphs;
mod injection;
mod kernels;
mod leaks;
mod links;
mod memory;
mod pools;
mod streams;
