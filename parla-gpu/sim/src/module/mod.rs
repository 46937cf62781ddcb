//! Modules that are loaded into a context, and their variables and functions.

mod function;
mod image;
mod launch;
mod link;
pub(crate) mod occupancy;

pub(crate) use function::Function;
pub(crate) use launch::{Launch, parameters};
pub(crate) use link::Link;

use image::{Image, Rejected};

use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::handle::{self, Handle};
use crate::memory::{Kind, Region};
use crate::ptx;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A module in a context.
#[derive(Debug)]
pub(crate) struct Module {
    handle: Handle,
    context: Handle,
    instance: Arc<ptx::Instance>,
    /// The compute capability that its text is for.
    target: u32,
    variables: Vec<Arc<Region>>,
    /// The handles that were given out, by name: a function has one.
    functions: Mutex<HashMap<String, Handle>>,
}

impl Module {
    /// Loads an image: the bytes of PTX.
    pub(crate) fn load(context: &Context, image: &[u8]) -> Result<Handle, Rejected> {
        let Image { module, target } = image::parse(image)?;
        let parsed = Arc::new(module);
        let mut variables = Vec::new();
        for variable in parsed.variables() {
            let bytes = variable.bytes.max(1) as u64;
            match Region::on_device(context, bytes, Kind::Global, None) {
                Ok(region) => {
                    region.clear();
                    variables.push(region);
                }
                Err(code) => {
                    remove_all(&variables);
                    return Err(code.into());
                }
            }
        }
        let addresses = variables.iter().map(|region| region.start()).collect();
        let instance = parsed.instantiate(addresses);
        for (address, bytes) in instance.initial() {
            let region = variables.iter().find(|region| region.start() == address);
            region
                .expect("an address that was just given")
                .write(0, &bytes);
        }
        let module = Self {
            handle: handle::fresh(),
            context: context.handle(),
            instance: Arc::new(instance),
            target,
            variables,
            functions: Mutex::default(),
        };
        let handle = module.handle;
        driver().modules.insert(handle, Arc::new(module));
        Ok(handle)
    }

    /// A module by its handle, or the error that is left in its context.
    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        let module = driver().modules.get(handle).ok_or(Code::INVALID_HANDLE)?;
        let context = driver().contexts.get(module.context);
        context.ok_or(Code::CONTEXT_IS_DESTROYED)?.check()?;
        Ok(module)
    }

    pub(crate) fn context(&self) -> Handle {
        self.context
    }

    /// `cuModuleUnload`. A kernel that still runs keeps its code, but not its variables.
    pub(crate) fn unload(&self) {
        driver().modules.remove(self.handle);
        driver()
            .functions
            .remove_where(|function| function.module() == self.handle);
        remove_all(&self.variables);
    }

    /// The handle of the kernel of that name.
    pub(crate) fn function(&self, name: &str) -> Result<Handle, Code> {
        let kernels = self.instance.module().kernels();
        let index = kernels.iter().position(|kernel| kernel.name == name);
        let index = index.ok_or(Code::NOT_FOUND)?;
        let mut functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let handle = functions.entry(name.to_owned()).or_insert_with(|| {
            let instance = Arc::clone(&self.instance);
            let function = Function::new(self.handle, self.context, self.target, instance, index);
            let handle = function.handle();
            driver().functions.insert(handle, Arc::new(function));
            handle
        });
        Ok(*handle)
    }

    /// Where the variable of that name is, and its bytes.
    pub(crate) fn variable(&self, name: &str) -> Result<(u64, usize), Code> {
        self.instance.variable(name).ok_or(Code::NOT_FOUND)
    }
}

fn remove_all(regions: &[Arc<Region>]) {
    for region in regions {
        region.remove();
    }
}
