//! Code that is loaded at run time.

use std::fmt;
use std::sync::Arc;

use super::Gpu;
use crate::card::{Card, kernel};
use crate::cuda;
use crate::error::{GpuErrorKind, Result};
use crate::launch::{Argument, LaunchConfig};

/// Code on a device, loaded from PTX, a cubin or a fat binary. What its kernels do to the device's
/// memory is trusted.
#[derive(Clone)]
pub struct Module {
    inner: Arc<cuda::Module>,
    card: Arc<Card>,
    name: Arc<str>,
}

/// A kernel of a [`Module`].
#[derive(Clone)]
pub struct Kernel {
    inner: Arc<cuda::Kernel>,
    module: Module,
    name: Arc<str>,
}

impl Module {
    /// Loads code on the device of the handle, under a name for errors. PTX is compiled for the
    /// device; binaries must be complete and made for it.
    ///
    /// # Errors
    ///
    /// [`InvalidImage`](GpuErrorKind::InvalidImage) with the log of the compiler, or what else the
    /// driver says.
    pub fn load(gpu: &Gpu, name: &str, code: &[u8]) -> Result<Self> {
        let card = gpu.home().card();
        let inner = card
            .code()
            .load(name, code)
            .map_err(|error| error.on(gpu.device()).within(gpu.task()))?;
        Ok(Self {
            inner,
            card: card.clone(),
            name: name.into(),
        })
    }

    /// The kernel of that name.
    ///
    /// # Errors
    ///
    /// There is none, or what the driver says.
    pub fn kernel(&self, name: &str) -> Result<Kernel> {
        Ok(Kernel {
            inner: kernel(&self.inner, &self.name, name)?,
            module: self.clone(),
            name: name.into(),
        })
    }
}

impl Kernel {
    /// Queues it on the handle's stream, after all that its buffers need. Numbers and sizes of the
    /// arguments are checked, their types can't be.
    ///
    /// # Errors
    ///
    /// Arguments or a shape that the kernel or the device can't do, code or buffers of another
    /// device, a task whose body has returned, or what the driver says. Also with drivers before
    /// CUDA 12.4, which can't tell what a kernel takes.
    pub fn launch(
        &self,
        gpu: &Gpu,
        config: LaunchConfig,
        arguments: &[Argument<'_>],
    ) -> Result<()> {
        let refuse = |why: &str| {
            Err(gpu.error(GpuErrorKind::InvalidLaunch {
                kernel: self.name.to_string(),
                why: why.into(),
            }))
        };
        if !Arc::ptr_eq(&self.module.card, gpu.home().card()) {
            return refuse("its code was loaded on another device");
        }
        if self.inner.parameters().is_none() {
            return refuse(
                "the driver is older than CUDA 12.4 and can't tell what the kernel takes; compile \
                 it into the program with `kernels!`",
            );
        }
        gpu.launch_kernel(&self.inner, &self.name, &config, arguments)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.name).finish()
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({:?} of {:?})", self.name, self.module.name)
    }
}
