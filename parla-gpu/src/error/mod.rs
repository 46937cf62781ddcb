//! What goes wrong on devices: which call, on which device, in which task.

mod display;

use std::fmt;

use parla_runtime::{Bytes, DeviceError, DeviceId, TaskName};

use crate::cuda::Failure;

/// What functions of this crate return.
pub type Result<T, E = GpuError> = std::result::Result<T, E>;

/// Why something on a device failed. Cheap to clone.
///
/// A body may return it with `?`, also where it returns `parla_runtime::Result`.
#[derive(Clone)]
pub struct GpuError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: GpuErrorKind,
    device: Option<DeviceId>,
    task: Option<TaskName>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GpuErrorKind {
    /// There is no CUDA driver with a device.
    NoDriver {
        /// Where one was looked for, and what each place lacks.
        looked_for: String,
    },
    /// The device's memory, or the part of it that the runtime may use, doesn't suffice.
    OutOfMemory {
        /// What was asked for.
        asked: Bytes,
        /// What could still be had, in pieces of whatever size.
        free: Bytes,
        /// What the runtime may use in all.
        limit: Bytes,
        /// What its buffers hold.
        in_use: Bytes,
    },
    /// A launch that the device or the kernel can't do.
    InvalidLaunch {
        /// The kernel.
        kernel: String,
        /// What can't be.
        why: String,
    },
    /// A buffer that is not on the device that would have to use it.
    WrongDevice {
        /// What was to be done.
        operation: String,
        /// Where the buffer is.
        buffer: DeviceId,
    },
    /// Two buffers, or a buffer and a slice, that must be of one length.
    WrongLength {
        /// Elements of the source.
        from: usize,
        /// Elements of the destination.
        to: usize,
    },
    /// A part of an array that can't be copied or viewed as asked.
    InvalidLayout {
        /// What can't be.
        why: String,
    },
    /// Elements with others between them, where they must lie one behind the other.
    Strided {
        /// What was to be done.
        operation: String,
    },
    /// No task with this device runs here: the function must be called in the body of a task that
    /// was placed on a GPU.
    NotAGpuTask,
    /// The body of the task has returned; nothing more can be queued for it.
    TaskEnded,
    /// Code that could not be loaded on the device.
    InvalidImage {
        /// Its name.
        image: String,
        /// What the driver's compiler says.
        log: String,
        /// What the driver says.
        text: String,
    },
    /// Code that has no kernel of that name.
    NoSuchKernel {
        /// The name of the code.
        image: String,
        /// The name that was asked for.
        kernel: String,
    },
    /// A call of the driver failed.
    Driver(DriverError),
    /// A call of the driver failed such that nothing on the device can be relied on any more. Its
    /// memory is lost, and everything else that is asked of it fails with this error.
    Lost(DriverError),
}

/// A call of the driver that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverError(Failure);

impl DriverError {
    /// The function, such as `cuMemAlloc_v2`.
    #[must_use]
    pub fn call(&self) -> &'static str {
        self.0.call
    }

    /// The code it returned, as in the driver's header `cuda.h`.
    #[must_use]
    pub fn code(&self) -> u32 {
        self.0.code
    }

    /// The driver's text for the code.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }
}

impl GpuError {
    pub(crate) fn new(kind: GpuErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            device: None,
            task: None,
        }))
    }

    /// On that device, unless one is named already.
    pub(crate) fn on(mut self, device: DeviceId) -> Self {
        self.0.device.get_or_insert(device);
        self
    }

    /// In that task, unless one is named already.
    pub(crate) fn within(mut self, task: &TaskName) -> Self {
        self.0.task.get_or_insert_with(|| task.clone());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &GpuErrorKind {
        &self.0.kind
    }

    /// The device, if it is known.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.0.device
    }

    /// The task that was running or whose work it was, if there is one.
    #[must_use]
    pub fn task(&self) -> Option<&TaskName> {
        self.0.task.as_ref()
    }

    /// Whether there was no room on the device.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self.0.kind, GpuErrorKind::OutOfMemory { .. })
    }

    /// Whether nothing on the device can be relied on any more.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self.0.kind, GpuErrorKind::Lost(_))
    }
}

impl From<Failure> for GpuError {
    fn from(failure: Failure) -> Self {
        Self::new(if failure.is_sticky() {
            GpuErrorKind::Lost(DriverError(failure))
        } else if failure.is_no_device() {
            GpuErrorKind::NoDriver {
                looked_for: failure.text,
            }
        } else {
            GpuErrorKind::Driver(DriverError(failure))
        })
    }
}

impl From<GpuErrorKind> for GpuError {
    fn from(kind: GpuErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Debug for GpuError {
    /// As `Display`, since Rust prints the `Debug` form of an error that `main` returns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for GpuError {}

impl From<GpuError> for DeviceError {
    fn from(error: GpuError) -> Self {
        if error.is_lost() {
            Self::lost(error)
        } else if error.is_out_of_memory() {
            Self::out_of_memory(error)
        } else {
            Self::new(error)
        }
    }
}

impl From<GpuError> for parla_runtime::Error {
    fn from(error: GpuError) -> Self {
        Self::other(error)
    }
}
