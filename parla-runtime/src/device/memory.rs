//! The memory of a device, as far as the runtime keeps copies of arrays there.

use std::any::Any;
use std::fmt;

use smallvec::SmallVec;

use super::{DeviceError, DeviceId};
use crate::sync::{Arc, Weak};

/// The memory of a device in which the runtime keeps copies of arrays.
///
/// What is queued for a block, here or by the bodies of tasks, is done in the order in which it was
/// queued, as far as one of two things writes the block; on whatever queue or device. The caller
/// need not wait for it. So all methods are done with the arguments when they return, and only
/// [`download`](Self::download) waits for the device.
pub trait DeviceMemory: Any + fmt::Debug + Send + Sync {
    /// How much of the device's memory a block of so many bytes takes: at least as much.
    /// `u64::MAX` for more than any device has.
    fn footprint(&self, bytes: u64) -> u64 {
        bytes
    }

    /// Whom to ask to give something up when there is no room for what a body allocates. The last
    /// one told counts, as long as it lives.
    fn set_pressure(&self, pressure: Weak<dyn Pressure>) {
        let _ = pressure;
    }

    /// A block of at least so many bytes, with whatever was in there. Nobody is asked to give
    /// something up for it.
    ///
    /// # Errors
    ///
    /// [`DeviceError::out_of_memory`] if there is no room, or what else the device says.
    fn allocate(&self, bytes: u64) -> Result<Arc<dyn Block>, DeviceError>;

    /// Copies from the host. Returns when the source may be changed.
    ///
    /// # Errors
    ///
    /// The block is not in this memory or has no such place, the sizes differ, or what the device
    /// says. Then some elements may have been copied.
    fn upload(&self, from: &dyn HostSource, to: &BlockSlice) -> Result<(), DeviceError>;

    /// Copies to the host. Blocks until it is there.
    ///
    /// # Errors
    ///
    /// As [`upload`](Self::upload), and the failure of the work that it waits for.
    fn download(&self, from: &BlockSlice, to: &mut dyn HostTarget) -> Result<(), DeviceError>;

    /// Copies from a block in this memory, or in that of another device of the same back end, to
    /// one in this memory. Doesn't wait. Both have the same shape, and share no byte.
    ///
    /// # Errors
    ///
    /// As [`upload`](Self::upload). The error says that the device is lost only if it is this one:
    /// if it is the other, its own memory says so.
    fn copy(&self, from: &BlockSlice, to: &BlockSlice) -> Result<(), DeviceError>;
}

/// Who keeps blocks in a memory without a task that needs them.
pub trait Pressure: Send + Sync {
    /// Gives up blocks on that device which take at least so many bytes, or all that can be done
    /// without; whether any were. Called by a body that allocates memory, on its thread, with no
    /// lock of the device held; it may wait for the device.
    fn give_up(&self, device: DeviceId, bytes: u64) -> bool;
}

/// Some memory of a device. It can be used again when it is dropped, in the order of the device.
pub trait Block: Any + fmt::Debug + Send + Sync {
    /// The device that it is on.
    fn device(&self) -> DeviceId;
}

/// Elements in a block that lie in the order of their indices, last axis fastest.
#[derive(Debug, Clone)]
pub struct BlockSlice {
    /// The block.
    pub block: Arc<dyn Block>,
    /// Where in there.
    pub layout: Layout,
}

/// Where the elements of a region are, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The size of an element.
    pub element: usize,
    /// Where the first begins.
    pub offset: usize,
    /// Of each axis the number of elements and the distance from one to the next; the last axis
    /// is the one that runs fastest.
    pub axes: SmallVec<[Axis; 4]>,
}

/// One axis of a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The number of elements.
    pub len: usize,
    /// The distance between neighbours, in bytes; backwards if negative, which only happens on the
    /// host.
    pub stride: isize,
}

impl Layout {
    /// Elements that lie one behind the other.
    #[must_use]
    pub fn packed(element: usize, shape: impl IntoIterator<Item = usize>) -> Self {
        let mut axes: SmallVec<[Axis; 4]> = shape
            .into_iter()
            .map(|len| Axis { len, stride: 0 })
            .collect();
        let mut stride = element;
        for axis in axes.iter_mut().rev() {
            axis.stride = stride as isize;
            stride *= axis.len;
        }
        Self {
            element,
            offset: 0,
            axes,
        }
    }

    /// The number of elements.
    #[must_use]
    pub fn count(&self) -> usize {
        self.axes.iter().map(|axis| axis.len).product()
    }

    /// The size of all of them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.count() * self.element
    }
}

/// Elements on the host that are to be copied to a device, in the order of their indices.
pub trait HostSource {
    /// Their size in bytes.
    fn bytes(&self) -> usize;

    /// Copies the bytes from `offset` on to `to`, as if the elements lay one behind the other.
    fn read(&self, offset: usize, to: &mut [u8]);
}

/// Elements on the host that are to be copied from a device, in the order of their indices.
pub trait HostTarget {
    /// Their size in bytes.
    fn bytes(&self) -> usize;

    /// Copies `from` to the bytes from `offset` on, as if the elements lay one behind the other.
    fn write(&mut self, offset: usize, from: &[u8]);
}
