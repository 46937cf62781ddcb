//! The code of kernels, as it stands in the program.

use std::fmt;

/// PTX that was compiled into the program. It is loaded on a device when the first of its kernels
/// is launched there; an image is known by its address, so it stands in a `static`.
pub struct Image {
    pub(crate) name: &'static str,
    pub(crate) ptx: &'static str,
}

impl Image {
    /// The PTX `ptx` under a name for errors and traces.
    #[must_use]
    pub const fn new(name: &'static str, ptx: &'static str) -> Self {
        Self { name, ptx }
    }

    /// The name for errors and traces.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("name", &self.name).finish()
    }
}
