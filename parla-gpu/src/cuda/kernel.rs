//! Kernels: entry points of loaded code, and their launch.

#![expect(unsafe_code, reason = "hands the addresses of arguments to the driver")]

use std::ffi::{CString, c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};
use std::{mem, ptr};

use cust::sys::{self, CUfunction_attribute as Attribute};
use smallvec::SmallVec;

use super::failure::check_raw;
use super::{Address, Failure, Module, Stream};
use crate::launch::LaunchConfig;

/// An entry point of a module.
#[derive(Debug)]
pub(crate) struct Kernel {
    module: Arc<Module>,
    raw: sys::CUfunction,
    max_threads: u32,
    static_shared_bytes: u32,
    /// The most dynamic shared memory that the kernel has consented to.
    dynamic_shared_bytes: Mutex<u32>,
    parameters: Option<Vec<usize>>,
}

// SAFETY: the handle is no memory of ours, and the driver takes it from any thread.
unsafe impl Send for Kernel {}
// SAFETY: as above; the driver orders calls on the same kernel itself.
unsafe impl Sync for Kernel {}

/// What is passed for one parameter of a kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parameter<'a> {
    /// Eight bytes: the address of elements.
    Address(Address),
    /// As many bytes as the value has.
    Value(&'a [u8]),
}

impl Parameter<'_> {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Address(address) => size_of_val(address),
            Self::Value(value) => value.len(),
        }
    }

    fn place(&self) -> *mut c_void {
        match self {
            Self::Address(address) => ptr::from_ref(address).cast_mut().cast(),
            Self::Value(value) => value.as_ptr().cast_mut().cast(),
        }
    }
}

impl Kernel {
    /// The entry point of that name.
    pub(crate) fn new(module: &Arc<Module>, entry: &str) -> Result<Self, Failure> {
        let context = module.context();
        context.bind()?;
        // A name with a NUL in it names nothing; what stands before the NUL may.
        let name = CString::new(entry).unwrap_or_default();
        let mut raw = ptr::null_mut();
        // SAFETY: the module lives; writes to a place that outlives the call.
        let result = unsafe { sys::cuModuleGetFunction(&raw mut raw, module.raw(), name.as_ptr()) };
        context.check("cuModuleGetFunction", result)?;
        let attribute = |attribute| {
            let mut value: c_int = 0;
            // SAFETY: the kernel's module lives; writes to a place that outlives the call.
            let result = unsafe { sys::cuFuncGetAttribute(&raw mut value, attribute, raw) };
            context.check("cuFuncGetAttribute", result)?;
            Ok(u32::try_from(value).unwrap_or(0))
        };
        Ok(Self {
            module: module.clone(),
            raw,
            max_threads: attribute(Attribute::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)?,
            static_shared_bytes: attribute(Attribute::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)?,
            dynamic_shared_bytes: Mutex::default(),
            parameters: parameters(raw)?,
        })
    }

    /// The most threads of a block that it can be launched with.
    pub(crate) fn max_threads(&self) -> u32 {
        self.max_threads
    }

    /// The shared memory of a block that it declares itself.
    pub(crate) fn static_shared_bytes(&self) -> u32 {
        self.static_shared_bytes
    }

    /// The sizes of its parameters, if the driver can tell: from CUDA 12.4 on.
    pub(crate) fn parameters(&self) -> Option<&[usize]> {
        self.parameters.as_deref()
    }

    /// Consents to so much dynamic shared memory a block, for what is beyond the usual limit.
    pub(crate) fn allow_shared_bytes(&self, bytes: u32) -> Result<(), Failure> {
        let allowed = self.dynamic_shared_bytes.lock();
        let mut allowed = allowed.unwrap_or_else(PoisonError::into_inner);
        if *allowed >= bytes {
            return Ok(());
        }
        let context = self.module.context();
        context.bind()?;
        // SAFETY: the kernel's module lives.
        let result = unsafe {
            sys::cuFuncSetAttribute(
                self.raw,
                Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                c_int::try_from(bytes).unwrap_or(c_int::MAX),
            )
        };
        context.check("cuFuncSetAttribute", result)?;
        *allowed = bytes;
        Ok(())
    }

    /// Queues a launch.
    ///
    /// # Safety
    ///
    /// The arguments are as many as the kernel has parameters, and of their sizes.
    pub(crate) unsafe fn launch(
        &self,
        stream: &Stream,
        config: &LaunchConfig,
        arguments: &[Parameter<'_>],
    ) -> Result<(), Failure> {
        let context = self.module.context();
        context.bind()?;
        let mut places: SmallVec<[*mut c_void; 16]> =
            arguments.iter().map(Parameter::place).collect();
        let (grid, block) = (config.grid, config.block);
        // SAFETY: the driver copies the arguments before it returns, and the caller promises that
        // they are what the kernel takes. Kernel and stream live.
        let result = unsafe {
            sys::cuLaunchKernel(
                self.raw,
                grid.0,
                grid.1,
                grid.2,
                block.0,
                block.1,
                block.2,
                config.shared_bytes,
                stream.raw(),
                places.as_mut_ptr(),
                ptr::null_mut(),
            )
        };
        context.check("cuLaunchKernel", result)
    }
}

/// The sizes of a kernel's parameters, if the driver can tell.
fn parameters(kernel: sys::CUfunction) -> Result<Option<Vec<usize>>, Failure> {
    type GetParamInfo = unsafe extern "C" fn(sys::CUfunction, usize, *mut usize, *mut usize) -> u32;
    const INVALID_VALUE: u32 = 1;

    let Some(function) = parla_cuda_shim::symbol("cuFuncGetParamInfo") else {
        return Ok(None);
    };
    // SAFETY: the driver's function of that name has this signature.
    let function = unsafe { mem::transmute::<*const c_void, GetParamInfo>(function) };
    let mut sizes = Vec::new();
    loop {
        let (mut offset, mut size) = (0, 0);
        // SAFETY: the kernel lives; writes to places that outlive the call.
        let result = unsafe { function(kernel, sizes.len(), &raw mut offset, &raw mut size) };
        match result {
            // There is no parameter of that number.
            INVALID_VALUE => return Ok(Some(sizes)),
            result => check_raw("cuFuncGetParamInfo", result)?,
        }
        sizes.push(size);
    }
}
