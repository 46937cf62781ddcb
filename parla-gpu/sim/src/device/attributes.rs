//! What a device says about itself, by the numbers of the interface. The figures are those of a
//! server GPU of compute capability 9.0, apart from its size, which is small.

use super::Device;
use crate::codes::Code;

/// What PTX is built for, at most.
pub(crate) const COMPUTE_CAPABILITY: (i32, i32) = (9, 0);
pub(crate) const WARP: u32 = 32;
pub(crate) const MAX_THREADS_PER_BLOCK: u32 = 1024;
pub(crate) const MAX_BLOCK: [u32; 3] = [1024, 1024, 64];
pub(crate) const MAX_GRID: [u32; 3] = [0x7FFF_FFFF, 65535, 65535];
/// Bytes of shared memory that a block may have without asking.
pub(crate) const SHARED_PER_BLOCK: u32 = 48 << 10;
/// Bytes of shared memory that a block may have if the kernel's attribute says so.
pub(crate) const SHARED_PER_BLOCK_OPT_IN: u32 = 227 << 10;
pub(crate) const SHARED_PER_MULTIPROCESSOR: u32 = 228 << 10;
/// Bytes of shared memory that each block takes for the system.
pub(crate) const SHARED_RESERVED: u32 = 1 << 10;
pub(crate) const MULTIPROCESSORS: u32 = 16;
pub(crate) const THREADS_PER_MULTIPROCESSOR: u32 = 2048;
pub(crate) const BLOCKS_PER_MULTIPROCESSOR: u32 = 32;
pub(crate) const REGISTERS: u32 = 65536;
pub(crate) const MAX_PITCH: u32 = 0x7FFF_FFFF;

/// The last number that the interface of our version has.
const LAST: u32 = 134;

impl Device {
    /// The attribute of that number. Those of things that aren't modelled are 0.
    pub(crate) fn attribute(&self, number: u32) -> Result<i32, Code> {
        if !(1..=LAST).contains(&number) {
            return Err(Code::INVALID_VALUE);
        }
        let value = match number {
            1 => MAX_THREADS_PER_BLOCK,
            2..=4 => MAX_BLOCK[number as usize - 2],
            5..=7 => MAX_GRID[number as usize - 5],
            8 => SHARED_PER_BLOCK,
            9 => 64 << 10, // constant memory
            10 => WARP,
            11 => MAX_PITCH,
            12 | 82 => REGISTERS,
            13 | 36 => 1_000_000, // clocks of processor and memory, kHz
            14 => 512,            // alignment of textures
            16 => MULTIPROCESSORS,
            33 => self.pci_bus().unsigned_abs(),
            37 => 1024,    // bits of the memory's bus
            38 => 4 << 20, // second-level cache
            39 => THREADS_PER_MULTIPROCESSOR,
            40 | 87 => 2, // copies at once; single to double precision
            75 => COMPUTE_CAPABILITY.0.unsigned_abs(),
            76 => COMPUTE_CAPABILITY.1.unsigned_abs(),
            81 => SHARED_PER_MULTIPROCESSOR,
            97 => SHARED_PER_BLOCK_OPT_IN,
            106 => BLOCKS_PER_MULTIPROCESSOR,
            111 => SHARED_RESERVED,
            // overlap, mapped host memory, concurrent kernels, unified addressing, priorities,
            // caches, managed memory, preemption, host pointers of registered memory,
            // registering, pools
            15 | 19 | 31 | 41 | 78..=80 | 83 | 90 | 91 | 99 | 115 => 1,
            _ => 0,
        };
        Ok(i32::try_from(value).expect("all of them are small"))
    }
}
