//! The wall between kernels and the memory of devices: addresses, and who resolves them.
//!
//! A generic address says by its upper bits what it points to:
//!
//! | addresses | memory |
//! |---|---|
//! | below 2^60 | global and constant memory, and mapped host memory: the driver's addresses |
//! | from [`LOCAL_WINDOW`] | local memory of the thread |
//! | from [`SHARED_WINDOW`] | shared memory of the block |
//! | from [`PARAMETER_WINDOW`] | parameters of the kernel |
//!
//! Addresses within the memories begin at 0, as `ld.shared` and its like take them.

use std::fmt;
use std::sync::Arc;

use super::syntax::Space;
use crate::memory::Block;

/// The bytes of each window.
const WINDOW: u64 = 1 << 60;
/// Where local memory begins among generic addresses.
pub(crate) const LOCAL_WINDOW: u64 = WINDOW;
/// Where shared memory begins among generic addresses.
pub(crate) const SHARED_WINDOW: u64 = 2 * WINDOW;
/// Where the parameters of a kernel begin among generic addresses.
pub(crate) const PARAMETER_WINDOW: u64 = 3 * WINDOW;

/// The memory that kernels of one device can reach.
pub(crate) trait AddressSpace: Sync {
    /// The allocation that holds these bytes.
    ///
    /// Kernels keep what they got while they run: the window must stay valid for that long. They
    /// touch it through [`Block`], at multiples of the access's width.
    ///
    /// # Errors
    ///
    /// Why there is no such memory.
    fn resolve(&self, address: u64, bytes: usize) -> Result<Window, AccessError>;
}

/// An allocation as a kernel sees it.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Its first address.
    pub(crate) start: u64,
    /// The address after its last byte.
    pub(crate) end: u64,
    pub(crate) block: Arc<Block>,
    /// Where in the block it begins; a multiple of 8.
    pub(crate) offset: usize,
}

/// Why memory can't be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccessError {
    /// There is nothing at that address, nor near it.
    Unmapped,
    /// The access ends behind an allocation of so many bytes, and begins so many bytes after its
    /// end: 0 if right there or before.
    AfterEnd { allocation: u64, distance: u64 },
    /// The access begins so many bytes before an allocation of so many bytes.
    BeforeStart { allocation: u64, distance: u64 },
    /// The allocation, of so many bytes, was freed.
    Freed { allocation: u64 },
    /// The memory of another device, without peer access to it.
    OtherDevice { device: u32 },
    /// Anything else: continues "… at 0x…".
    Other(String),
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped => write!(f, "is in no allocation"),
            Self::AfterEnd {
                allocation,
                distance: 0,
            } => write!(
                f,
                "reaches past the end of an allocation of {allocation} bytes"
            ),
            Self::AfterEnd {
                allocation,
                distance,
            } => write!(
                f,
                "is {distance} bytes past the end of an allocation of {allocation} bytes"
            ),
            Self::BeforeStart {
                allocation,
                distance,
            } => write!(
                f,
                "is {distance} bytes before the start of an allocation of {allocation} bytes"
            ),
            Self::Freed { allocation } => {
                write!(
                    f,
                    "is in an allocation of {allocation} bytes that was freed"
                )
            }
            Self::OtherDevice { device } => write!(
                f,
                "is memory of device {device}, which this device has no peer access to"
            ),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// The memory that a generic address points to, and the address there.
pub(super) fn generic(address: u64) -> (Space, u64) {
    let space = match address / WINDOW {
        0 => Space::Global,
        1 => Space::Local,
        2 => Space::Shared,
        3 => Space::Parameter,
        _ => return (Space::Global, address),
    };
    (space, address % WINDOW)
}

/// Where a memory begins among generic addresses.
pub(super) fn window(space: Space) -> u64 {
    match space {
        Space::Generic | Space::Global | Space::Constant => 0,
        Space::Local => LOCAL_WINDOW,
        Space::Shared => SHARED_WINDOW,
        Space::Parameter => PARAMETER_WINDOW,
    }
}
