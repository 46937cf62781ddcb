//! A kernel as the program holds it: what it says about itself and what can be set.

use crate::codes::Code;
use crate::device::attributes;
use crate::driver;
use crate::handle::{self, Handle};
use crate::ptx;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// A kernel of a module in a context.
#[derive(Debug)]
pub(crate) struct Function {
    handle: Handle,
    module: Handle,
    context: Handle,
    /// The compute capability that its text is for.
    target: u32,
    instance: Arc<ptx::Instance>,
    kernel: usize,
    /// Bytes of shared memory that a launch may ask for.
    max_dynamic_shared: AtomicU32,
    carveout: AtomicI32,
}

impl Function {
    pub(super) fn new(
        module: Handle,
        context: Handle,
        target: u32,
        instance: Arc<ptx::Instance>,
        kernel: usize,
    ) -> Self {
        let fixed = instance.module().kernels()[kernel].static_shared_bytes;
        Self {
            handle: handle::fresh(),
            module,
            context,
            target,
            instance,
            kernel,
            max_dynamic_shared: AtomicU32::new(attributes::SHARED_PER_BLOCK.saturating_sub(fixed)),
            carveout: AtomicI32::new(-1),
        }
    }

    /// A function by its handle, or the error that is left in its context.
    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        let function = driver().functions.get(handle).ok_or(Code::INVALID_HANDLE)?;
        let context = driver().contexts.get(function.context);
        context.ok_or(Code::CONTEXT_IS_DESTROYED)?.check()?;
        Ok(function)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    pub(crate) fn module(&self) -> Handle {
        self.module
    }

    pub(crate) fn context(&self) -> Handle {
        self.context
    }

    pub(crate) fn instance(&self) -> &Arc<ptx::Instance> {
        &self.instance
    }

    pub(crate) fn kernel(&self) -> &ptx::Kernel {
        &self.instance.module().kernels()[self.kernel]
    }

    /// Threads that a block may have: fewer where the kernel says so.
    pub(crate) fn max_threads(&self) -> u32 {
        let kernel = self.kernel();
        let limit = kernel.max_threads.or(kernel.required_threads);
        let product = |[x, y, z]: [u32; 3]| x.saturating_mul(y).saturating_mul(z);
        limit
            .map_or(u32::MAX, product)
            .min(attributes::MAX_THREADS_PER_BLOCK)
    }

    pub(crate) fn max_dynamic_shared(&self) -> u32 {
        // Relaxed: a value on its own.
        self.max_dynamic_shared.load(Ordering::Relaxed)
    }

    /// `cuFuncGetAttribute`
    pub(crate) fn attribute(&self, number: u32) -> Result<i32, Code> {
        let kernel = self.kernel();
        let (major, minor) = attributes::COMPUTE_CAPABILITY;
        let value = match number {
            0 => self.max_threads(),
            1 => kernel.static_shared_bytes,
            // constant memory; compiled with the cache for loads; clusters
            2 | 7 | 10..=15 => 0,
            3 => kernel.local_bytes,
            4 => registers(kernel.registers),
            5 => self.target,
            6 => (major * 10 + minor).unsigned_abs(),
            8 => self.max_dynamic_shared(),
            // Relaxed: a value on its own.
            9 => return Ok(self.carveout.load(Ordering::Relaxed)),
            _ => return Err(Code::INVALID_VALUE),
        };
        i32::try_from(value).map_err(|_| Code::INVALID_VALUE)
    }

    /// `cuFuncSetAttribute`
    pub(crate) fn set_attribute(&self, number: u32, value: i32) -> Result<(), Code> {
        let bad = Code::INVALID_VALUE;
        match number {
            8 => {
                let bytes = u32::try_from(value).map_err(|_| bad)?;
                let fixed = self.kernel().static_shared_bytes;
                if bytes > attributes::SHARED_PER_BLOCK_OPT_IN.saturating_sub(fixed) {
                    return Err(bad);
                }
                // Relaxed: a value on its own.
                self.max_dynamic_shared.store(bytes, Ordering::Relaxed);
                Ok(())
            }
            9 if (-1..=100).contains(&value) => {
                // Relaxed: as above.
                self.carveout.store(value, Ordering::Relaxed);
                Ok(())
            }
            _ => Err(bad),
        }
    }
}

/// Registers as a GPU hands them out to each thread: by eights, and no more than 255.
pub(super) fn registers(used: u32) -> u32 {
    used.clamp(16, 248).next_multiple_of(8)
}
