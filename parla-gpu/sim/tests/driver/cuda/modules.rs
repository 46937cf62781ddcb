//! Modules, links and launches.

use super::calls::*;
use super::ok;
use parla_cuda_sim::Code;
use std::ffi::{CStr, CString, c_void};

/// Loads PTX; with the compiler's log if it fails.
pub(crate) fn load(ptx: &str) -> Result<u64, (Code, String)> {
    let ptx = CString::new(ptx).unwrap();
    let mut log = vec![0_u8; 1024];
    let mut options = [5, 6];
    let mut values = [
        log.as_mut_ptr().cast::<c_void>(),
        std::ptr::without_provenance_mut(log.len()),
    ];
    let mut module = 0;
    // SAFETY: a log of the size that is said.
    let code = unsafe {
        cuModuleLoadDataEx(
            &raw mut module,
            ptx.as_ptr(),
            2,
            options.as_mut_ptr(),
            values.as_mut_ptr(),
        )
    };
    if code == Code::SUCCESS {
        return Ok(module);
    }
    let written = values[1] as usize;
    let text = CStr::from_bytes_with_nul(&log[..written]).unwrap();
    Err((code, text.to_str().unwrap().to_owned()))
}

pub(crate) fn function(module: u64, name: &str) -> Result<u64, Code> {
    let name = CString::new(name).unwrap();
    let mut function = 0;
    // SAFETY: a name that ends with a zero.
    match unsafe { cuModuleGetFunction(&raw mut function, module, name.as_ptr()) } {
        Code::SUCCESS => Ok(function),
        code => Err(code),
    }
}

pub(crate) fn global(module: u64, name: &str) -> Result<(u64, usize), Code> {
    let name = CString::new(name).unwrap();
    let (mut address, mut bytes) = (0, 0);
    // SAFETY: a name that ends with a zero.
    match unsafe { cuModuleGetGlobal_v2(&raw mut address, &raw mut bytes, module, name.as_ptr()) } {
        Code::SUCCESS => Ok((address, bytes)),
        code => Err(code),
    }
}

/// The extent of a launch.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared: u32,
}

impl Extent {
    pub(crate) fn new(blocks: u32, threads: u32) -> Self {
        Self {
            grid: [blocks, 1, 1],
            block: [threads, 1, 1],
            shared: 0,
        }
    }
}

/// Launches a kernel whose parameters are all of 64 bits.
pub(crate) fn launch(function: u64, extent: Extent, stream: u64, parameters: &[u64]) -> Code {
    let mut values = parameters.to_vec();
    let mut each: Vec<*mut c_void> = values
        .iter_mut()
        .map(|value| std::ptr::from_mut(value).cast())
        .collect();
    let each = if each.is_empty() {
        std::ptr::null_mut()
    } else {
        each.as_mut_ptr()
    };
    let ([gx, gy, gz], [bx, by, bz]) = (extent.grid, extent.block);
    let none = std::ptr::null_mut();
    // SAFETY: the parameters are read before the call is back.
    unsafe {
        cuLaunchKernel(
            function,
            gx,
            gy,
            gz,
            bx,
            by,
            bz,
            extent.shared,
            stream,
            each,
            none,
        )
    }
}

/// The same, with the parameters in one buffer.
pub(crate) fn launch_with_buffer(
    function: u64,
    extent: Extent,
    stream: u64,
    parameters: &[u64],
) -> Code {
    let mut values = parameters.to_vec();
    let mut size = size_of_val(parameters);
    let mut extra = [
        std::ptr::without_provenance_mut(1),
        values.as_mut_ptr().cast(),
        std::ptr::without_provenance_mut(2),
        (&raw mut size).cast(),
        std::ptr::null_mut(),
    ];
    let ([gx, gy, gz], [bx, by, bz]) = (extent.grid, extent.block);
    let none = std::ptr::null_mut();
    // SAFETY: the parameters are read before the call is back.
    unsafe {
        cuLaunchKernel(
            function,
            gx,
            gy,
            gz,
            bx,
            by,
            bz,
            extent.shared,
            stream,
            none,
            extra.as_mut_ptr(),
        )
    }
}

pub(crate) fn link() -> u64 {
    let (mut link, null) = (0, std::ptr::null_mut());
    // SAFETY: no options.
    ok(unsafe { cuLinkCreate_v2(0, null, null.cast(), &raw mut link) });
    link
}

pub(crate) fn add(link: u64, kind: u32, text: &str) -> Code {
    let (data, bytes, null) = (text.as_ptr(), text.len(), std::ptr::null_mut());
    // SAFETY: so many bytes, no name and no options.
    unsafe { cuLinkAddData_v2(link, kind, data, bytes, null, 0, null.cast(), null.cast()) }
}

pub(crate) fn load_linked(link: u64) -> Result<u64, Code> {
    let (mut image, mut bytes, mut module) = (std::ptr::null(), 0, 0);
    // SAFETY: places for the results.
    let code = unsafe { cuLinkComplete(link, &raw mut image, &raw mut bytes) };
    if code != Code::SUCCESS {
        return Err(code);
    }
    // SAFETY: the image lives as long as the link.
    ok(unsafe { cuModuleLoadData(&raw mut module, image.cast()) });
    Ok(module)
}
