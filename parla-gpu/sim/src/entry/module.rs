//! Modules, their variables, and functions.

use super::entries;
use crate::abi::{Address, In, Out, Text};
use crate::codes::Code;
use crate::context;
use crate::graph;
use crate::handle::Handle;
use crate::module::{Function, Module};
use std::ffi::c_void;

entries! { $ module_entries;

fn cuModuleLoad(module: Out<Handle>, path: Text) {
    module.check()?;
    context::current()?;
    let image = std::fs::read(path.get()?).map_err(|_| Code::FILE_NOT_FOUND)?;
    load(module, &image, None)
}

fn cuModuleLoadData(module: Out<Handle>, image: Text) {
    module.check()?;
    load(module, &image.bytes()?, None)
}

fn cuModuleLoadDataEx(
    module: Out<Handle>,
    image: Text,
    count: u32,
    options: In<u32>,
    values: Out<c_void>,
) {
    module.check()?;
    let options = options.get_all(count as usize)?;
    load(module, &image.bytes()?, Some(&Log { options, values }))
}

fn cuModuleLoadFatBinary(module: Out<Handle>, image: Text) {
    module.check()?;
    load(module, &image.bytes()?, None)
}

fn cuModuleUnload(module: Handle) {
    context::current()?;
    Module::find(module)?.unload();
    Ok(())
}

fn cuModuleGetFunction(function: Out<Handle>, module: Handle, name: Text) {
    function.check()?;
    function.set(Module::find(module)?.function(&name.get()?)?)
}

fn cuModuleGetGlobal_v2(address: Out<u64>, bytes: Out<usize>, module: Handle, name: Text) {
    let (start, length) = Module::find(module)?.variable(&name.get()?)?;
    address.set_if_wanted(start);
    bytes.set_if_wanted(length);
    Ok(())
}

fn cuModuleGetLoadingMode(mode: Out<u32>) {
    // `CU_MODULE_EAGER_LOADING`
    mode.set(1)
}

fn cuFuncGetAttribute(value: Out<i32>, attribute: u32, function: Handle) {
    value.check()?;
    value.set(Function::find(function)?.attribute(attribute)?)
}

fn cuFuncSetAttribute(function: Handle, attribute: u32, value: i32) {
    Function::find(function)?.set_attribute(attribute, value)
}

/// Since CUDA 12.4.
fn cuFuncGetParamInfo(function: Handle, index: usize, offset: Out<usize>, bytes: Out<usize>) {
    offset.check()?;
    let function = Function::find(function)?;
    let parameter = function.kernel().parameters.get(index);
    let parameter = parameter.ok_or(Code::INVALID_VALUE)?;
    offset.set(parameter.offset)?;
    if bytes.is_null() {
        return Ok(());
    }
    bytes.set(parameter.bytes)
}

fn cuFuncGetModule(module: Out<Handle>, function: Handle) {
    module.check()?;
    module.set(Function::find(function)?.module())
}

fn cuFuncSetCacheConfig(function: Handle, config: u32) {
    if config > 3 {
        return Err(Code::INVALID_VALUE);
    }
    Function::find(function).map(drop)
}

fn cuFuncSetSharedMemConfig(function: Handle, config: u32) {
    if config > 2 {
        return Err(Code::INVALID_VALUE);
    }
    Function::find(function).map(drop)
}
}

/// Where the program wants to read what the compiler says: the options of a load.
#[derive(Debug)]
struct Log {
    options: Vec<u32>,
    values: Out<c_void>,
}

impl Log {
    const INFORMATION: u32 = 3;
    const ERRORS: u32 = 5;

    /// Writes to a buffer, if there is one. Its size is the option after it, which then says how
    /// much was written.
    fn write(&self, buffer: u32, text: &str) -> Result<(), Code> {
        let index = |wanted| self.options.iter().position(|option| *option == wanted);
        let Some((buffer, size)) = index(buffer).zip(index(buffer + 1)) else {
            return Ok(());
        };
        let address = self.values.cast::<Address>().get_at(buffer)?;
        // The number stands in the place of a pointer, and only its low half is meant.
        let room = self.values.cast::<u32>().get_at(2 * size)? as usize;
        if address.is_null() || room == 0 {
            return Ok(());
        }
        let length = text.len().min(room - 1);
        address.write_host(&text.as_bytes()[..length]);
        address.plus(length as u64).write_host(&[0]);
        self.values.cast::<u64>().set_at(size, length as u64 + 1)
    }
}

fn load(module: Out<Handle>, image: &[u8], log: Option<&Log>) -> Result<(), Code> {
    graph::refuse_unsafe()?;
    let loaded = Module::load(&*context::current()?, image);
    let message = loaded
        .as_ref()
        .err()
        .map_or("", |rejected| rejected.log.as_str());
    if let Some(log) = log {
        log.write(Log::ERRORS, message)?;
        log.write(Log::INFORMATION, "")?;
    }
    module.set(loaded.map_err(|rejected| rejected.code)?)
}
