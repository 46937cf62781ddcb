//! One launch of a kernel: checked when it is asked for, run when its turn comes.

use super::Function;
use crate::abi::{Address, In};
use crate::codes::Code;
use crate::context::Context;
use crate::device::attributes;
use crate::faults::Fault;
use crate::memory::Reach;
use crate::ptx;
use crate::trace::next_instant;
use std::num::NonZero;
use std::sync::{Arc, OnceLock};
use std::thread;

/// A kernel with all it needs to run.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    function: Arc<Function>,
    grid: [u32; 3],
    block: [u32; 3],
    shared: u32,
    parameters: Arc<[u8]>,
    /// Where each parameter is, once that was asked for.
    pointers: OnceLock<Arc<[u64]>>,
}

impl Launch {
    /// A launch with a grid, a block and dynamic shared memory that the device can have.
    pub(crate) fn new(
        function: Arc<Function>,
        grid: [u32; 3],
        block: [u32; 3],
        shared: u32,
        parameters: Vec<u8>,
    ) -> Result<Self, Code> {
        let fits = |size: [u32; 3], limit: [u32; 3]| {
            size.iter()
                .zip(limit)
                .all(|(size, limit)| (1..=limit).contains(size))
        };
        let threads: u64 = block.iter().map(|size| u64::from(*size)).product();
        let is_required = |required: [u32; 3]| required == block;
        if !fits(grid, attributes::MAX_GRID)
            || !fits(block, attributes::MAX_BLOCK)
            || threads > function.max_threads().into()
            || !function.kernel().required_threads.is_none_or(is_required)
            || shared > function.max_dynamic_shared()
        {
            return Err(Code::INVALID_VALUE);
        }
        Ok(Self {
            function,
            grid,
            block,
            shared,
            parameters: parameters.into(),
            pointers: OnceLock::new(),
        })
    }

    pub(crate) fn function(&self) -> &Arc<Function> {
        &self.function
    }

    pub(crate) fn grid(&self) -> [u32; 3] {
        self.grid
    }

    pub(crate) fn block(&self) -> [u32; 3] {
        self.block
    }

    pub(crate) fn shared(&self) -> u32 {
        self.shared
    }

    /// The address of each parameter, as the program gave them. They are good while this lives.
    pub(crate) fn pointers(&self) -> &[u64] {
        self.pointers.get_or_init(|| {
            let start = self.parameters.as_ptr() as u64;
            let parameters = self.function.kernel().parameters.iter();
            parameters
                .map(|parameter| start + parameter.offset as u64)
                .collect()
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.function.kernel().name
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, context: &Context) -> Result<(), Fault> {
        let launch = ptx::Launch {
            instance: self.function.instance(),
            kernel: self.function.kernel(),
            grid: self.grid,
            block: self.block,
            dynamic_shared_bytes: self.shared,
            parameters: &self.parameters,
            space: &Reach::new(context),
            workers: processors(),
            cancel: context.cancelled(),
            step_limit: context.device().settings().kernel_steps,
            print: &print,
            grid_id: next_instant(),
        };
        launch.run().map(drop).map_err(Fault::of_kernel)
    }
}

/// The processors of the host, asked for once: that takes longer than a small kernel.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

/// What kernels print goes where `printf` of CUDA goes.
#[expect(
    clippy::print_stdout,
    reason = "that is what a program expects of `printf`"
)]
fn print(text: &str) {
    print!("{text}");
}

/// The bytes of a kernel's parameters, from whichever form the program passes them in.
pub(crate) fn parameters(
    kernel: &ptx::Kernel,
    each: In<In<u8>>,
    extra: In<Address>,
) -> Result<Vec<u8>, Code> {
    let bad = Code::INVALID_VALUE;
    match (each.is_null(), extra.is_null()) {
        (true, true) if kernel.parameters.is_empty() => Ok(Vec::new()),
        (false, false) | (true, true) => Err(bad),
        (false, true) => {
            let mut bytes = vec![0; kernel.parameter_bytes];
            for (index, parameter) in kernel.parameters.iter().enumerate() {
                let value = each.get_at(index)?.get_all(parameter.bytes)?;
                bytes[parameter.offset..parameter.offset + parameter.bytes].copy_from_slice(&value);
            }
            Ok(bytes)
        }
        (true, false) => buffer(kernel, extra),
    }
}

/// All parameters in one buffer: a list of what follows and the pointer to it, to its end.
fn buffer(kernel: &ptx::Kernel, extra: In<Address>) -> Result<Vec<u8>, Code> {
    const END: u64 = 0;
    const POINTER: u64 = 1;
    const SIZE: u64 = 2;
    /// More entries than this are no list that ends.
    const MOST: usize = 16;
    let bad = Code::INVALID_VALUE;
    let (mut start, mut size) = (None, None);
    for index in (0..MOST).step_by(2) {
        match extra.get_at(index)?.number() {
            END => break,
            POINTER => start = Some(extra.get_at(index + 1)?),
            SIZE => size = Some(extra.get_at(index + 1)?.follow::<usize>().get()?),
            _ => return Err(bad),
        }
    }
    let (start, size) = start.zip(size).ok_or(bad)?;
    if size < kernel.parameter_bytes {
        return Err(bad);
    }
    start.follow::<u8>().get_all(kernel.parameter_bytes)
}
