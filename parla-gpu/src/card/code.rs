//! The code that is loaded on a device: each image once.

use std::collections::HashMap;
use std::ffi::CString;
use std::ptr;
use std::sync::Arc;

use crate::cuda::{Context, Kernel, LoadError, Module};
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::launch::Image;
use crate::lock::Mutex;

/// Loaded images and their kernels. They stay as long as the device is open.
#[derive(Debug)]
pub(crate) struct Code {
    context: Arc<Context>,
    /// By the address of the image.
    modules: Mutex<HashMap<usize, Arc<Module>>>,
    kernels: Mutex<HashMap<(usize, &'static str), Arc<Kernel>>>,
}

impl Code {
    pub(super) fn new(context: &Arc<Context>) -> Self {
        Self {
            context: context.clone(),
            modules: Mutex::default(),
            kernels: Mutex::default(),
        }
    }

    /// A kernel of an image, which is loaded if it wasn't.
    pub(crate) fn kernel(&self, image: &'static Image, entry: &'static str) -> Result<Arc<Kernel>> {
        let address = ptr::from_ref(image).addr();
        if let Some(kernel) = self.kernels.lock().get(&(address, entry)) {
            return Ok(kernel.clone());
        }
        let module = self.module(address, image)?;
        let kernel = kernel(&module, image.name, entry)?;
        self.kernels.lock().insert((address, entry), kernel.clone());
        Ok(kernel)
    }

    fn module(&self, address: usize, image: &Image) -> Result<Arc<Module>> {
        // Held while the driver compiles, so that each image is compiled once.
        let mut modules = self.modules.lock();
        if let Some(module) = modules.get(&address) {
            return Ok(module.clone());
        }
        let module = self.load(image.name, image.ptx.as_bytes())?;
        modules.insert(address, module.clone());
        Ok(module)
    }

    /// Loads PTX, a cubin or a fat binary.
    pub(crate) fn load(&self, name: &str, code: &[u8]) -> Result<Arc<Module>> {
        let invalid = |text: &str| {
            GpuError::new(GpuErrorKind::InvalidImage {
                image: name.into(),
                log: String::new(),
                text: text.into(),
            })
        };
        let loaded = if is_binary(code) {
            Module::from_binary(&self.context, code)
        } else {
            let ptx = CString::new(code.strip_suffix(b"\0").unwrap_or(code))
                .map_err(|_| invalid("it is neither PTX nor a cubin nor a fat binary"))?;
            Module::from_ptx(&self.context, &ptx)
        };
        match loaded {
            Ok(module) => Ok(Arc::new(module)),
            Err(LoadError { failure, .. }) if !failure.is_about_the_image() => Err(failure.into()),
            Err(LoadError { failure, log }) => Err(GpuError::new(GpuErrorKind::InvalidImage {
                image: name.into(),
                log,
                text: failure.text,
            })),
        }
    }
}

/// A kernel of a module.
pub(crate) fn kernel(module: &Arc<Module>, image: &str, entry: &str) -> Result<Arc<Kernel>> {
    match Kernel::new(module, entry) {
        Ok(kernel) => Ok(Arc::new(kernel)),
        Err(failure) if failure.is_not_found() => Err(GpuError::new(GpuErrorKind::NoSuchKernel {
            image: image.into(),
            kernel: entry.into(),
        })),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether it begins as a cubin or a fat binary does.
fn is_binary(code: &[u8]) -> bool {
    const ELF: &[u8] = b"\x7fELF";
    const FAT: &[u8] = &0xba55_ed50_u32.to_le_bytes();

    code.starts_with(ELF) || code.starts_with(FAT)
}
