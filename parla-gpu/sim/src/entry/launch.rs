//! Launching kernels.

use super::entries;
use crate::abi::{Address, In};
use crate::codes::Code;
use crate::handle::Handle;
use crate::module::{Function, Launch, parameters};
use crate::stream::{Operation, Stream};

entries! { $ launch_entries;

fn cuLaunchKernel(
    function: Handle,
    grid_x: u32,
    grid_y: u32,
    grid_z: u32,
    block_x: u32,
    block_y: u32,
    block_z: u32,
    shared: u32,
    stream: Handle,
    each: In<In<u8>>,
    extra: In<Address>,
) {
    let function = Function::find(function)?;
    let values = parameters(function.kernel(), each, extra)?;
    let (grid, block) = ([grid_x, grid_y, grid_z], [block_x, block_y, block_z]);
    let launch = Launch::new(function, grid, block, shared, values)?;
    let stream = Stream::find(stream)?;
    if launch.function().context() != stream.context().handle() {
        return Err(Code::INVALID_HANDLE);
    }
    stream.submit(Operation::Kernel(launch))
}
}
