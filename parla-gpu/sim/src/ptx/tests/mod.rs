//! Kernels against what they should compute, and every way in which they can fail.

mod basic;
mod collective;
mod faults;

mod features;
mod fuzz;
mod intrinsics;
mod invalid;
mod memory;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::{AccessError, AddressSpace, Fault, Instance, Kernel, Launch, Module, Window};
use crate::memory::Block;

/// Memory for kernels: allocations far from each other.
#[derive(Default)]
struct Memory {
    allocations: Vec<(u64, Arc<Block>)>,
}

const DISTANCE: u64 = 1 << 32;

impl AddressSpace for Memory {
    fn resolve(&self, address: u64, bytes: usize) -> Result<Window, AccessError> {
        let index = (address / DISTANCE) as usize;
        let Some((start, block)) = index
            .checked_sub(1)
            .and_then(|index| self.allocations.get(index))
        else {
            return Err(AccessError::Unmapped);
        };
        let end = start + block.len() as u64;
        if address + bytes as u64 > end {
            return Err(AccessError::AfterEnd {
                allocation: block.len() as u64,
                distance: address.saturating_sub(end),
            });
        }
        Ok(Window {
            start: *start,
            end,
            block: Arc::clone(block),
            offset: 0,
        })
    }
}

impl Memory {
    fn allocate(&mut self, bytes: usize) -> u64 {
        let address = (self.allocations.len() as u64 + 1) * DISTANCE;
        self.allocations
            .push((address, Arc::new(Block::new(bytes, 0))));
        address
    }

    fn block(&self, address: u64) -> &Block {
        &self.allocations[(address / DISTANCE) as usize - 1].1
    }

    fn upload<T: Number>(&mut self, values: &[T]) -> u64 {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.bytes()).collect();
        let address = self.allocate(bytes.len());
        self.block(address).write(0, &bytes);
        address
    }

    fn download<T: Number>(&self, address: u64) -> Vec<T> {
        let block = self.block(address);
        let mut bytes = vec![0; block.len()];
        block.read(0, &mut bytes);
        bytes.chunks_exact(T::BYTES).map(T::from_bytes).collect()
    }

    /// A module with its variables in this memory.
    fn load(&mut self, text: &str) -> Instance {
        let module = Arc::new(Module::parse(text).unwrap_or_else(|error| panic!("{error}")));
        let variables = module.variables().iter();
        let addresses = variables
            .map(|variable| self.allocate(variable.bytes))
            .collect();
        let instance = module.instantiate(addresses);
        for (address, bytes) in instance.initial() {
            self.block(address).write(0, &bytes);
        }
        instance
    }

    fn run(&self, kernel: &Call<'_>) -> Result<Ran, Fault> {
        let printed = Mutex::new(String::new());
        let instance = kernel.instance;
        let kernel_ = find(instance, kernel.name);
        let mut parameters = vec![0; kernel_.parameter_bytes];
        assert_eq!(kernel.arguments.len(), kernel_.parameters.len());
        for (argument, parameter) in kernel.arguments.iter().zip(&kernel_.parameters) {
            let end = parameter.offset + parameter.bytes;
            parameters[parameter.offset..end].copy_from_slice(&argument[..parameter.bytes]);
        }
        let steps = Launch {
            instance,
            kernel: kernel_,
            grid: kernel.grid,
            block: kernel.block,
            dynamic_shared_bytes: kernel.dynamic_shared_bytes,
            parameters: &parameters,
            space: self,
            workers: kernel.workers,
            cancel: kernel.cancel,
            step_limit: kernel.step_limit,
            print: &|text| printed.lock().unwrap().push_str(text),
            grid_id: 1,
        }
        .run()?;
        Ok(Ran {
            steps,
            printed: printed.into_inner().unwrap(),
        })
    }
}

#[derive(Debug)]
struct Ran {
    steps: u64,
    printed: String,
}

static NEVER: AtomicBool = AtomicBool::new(false);

/// A launch: one block of one warp if nothing else is said.
#[derive(Clone)]
struct Call<'a> {
    instance: &'a Instance,
    name: &'a str,
    grid: [u32; 3],
    block: [u32; 3],
    dynamic_shared_bytes: u32,
    arguments: Vec<Vec<u8>>,
    workers: usize,
    cancel: &'a AtomicBool,
    step_limit: Option<u64>,
}

impl<'a> Call<'a> {
    fn new(instance: &'a Instance, name: &'a str) -> Self {
        Self {
            instance,
            name,
            grid: [1; 3],
            block: [32, 1, 1],
            dynamic_shared_bytes: 0,
            arguments: Vec::new(),
            workers: 2,
            cancel: &NEVER,
            // What hangs, fails.
            step_limit: Some(1 << 30),
        }
    }

    fn of(mut self, grid: u32, block: u32) -> Self {
        self.grid[0] = grid;
        self.block[0] = block;
        self
    }

    fn with<T: Number>(mut self, argument: T) -> Self {
        self.arguments.push(argument.bytes());
        self
    }
}

/// What kernels compute with.
trait Number: Copy {
    const BYTES: usize;
    fn bytes(self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Number for $type {
            const BYTES: usize = size_of::<Self>();
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn from_bytes(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().unwrap())
            }
        }
    )+};
}
numbers!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

fn find<'a>(instance: &'a Instance, name: &str) -> &'a Kernel {
    let mut kernels = instance.module().kernels().iter();
    kernels
        .find(|kernel| kernel.name == name)
        .expect("a kernel of the module")
}

/// A few lines of PTX as the kernel `k` with these parameters.
fn kernel(parameters: &str, body: &str) -> String {
    format!(
        ".version 7.8\n.target sm_70\n.address_size 64\n.visible .entry k({parameters})\n{{\n{body}\nret;\n}}\n"
    )
}
