//! What a device reports.

use std::error::Error;
use std::fmt;

use crate::sync::Arc;

/// The failure of a device or of work on it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DeviceError {
    source: Arc<dyn Error + Send + Sync>,
    is_lost: bool,
    is_out_of_memory: bool,
}

impl DeviceError {
    /// An error after which the device can still be used.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: source.into().into(),
            is_lost: false,
            is_out_of_memory: false,
        }
    }

    /// An error after which nothing on the device can be relied on: no task is placed there any
    /// more.
    pub fn lost(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            is_lost: true,
            ..Self::new(source)
        }
    }

    /// There is no room for what was asked for; there may be when something else is given up.
    pub fn out_of_memory(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            is_out_of_memory: true,
            ..Self::new(source)
        }
    }

    /// Whether the device had no room.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        self.is_out_of_memory
    }

    /// Whether the device is lost.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The error of the back end, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        (&*self.source as &(dyn Error + 'static)).downcast_ref()
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for DeviceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}
