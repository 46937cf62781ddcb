//! Launches, checked before the driver sees them.

#![expect(
    unsafe_code,
    reason = "launches kernels, whose arguments are checked here"
)]

use smallvec::SmallVec;

use super::Gpu;
use crate::cuda::{Facts, Kernel, Parameter};
use crate::error::{GpuErrorKind, Result};
use crate::launch::{Argument, Image, Kind, LaunchConfig};
use crate::memory::Access;

/// Queues a kernel of an image on the handle's stream, after all that its buffers need. Its
/// parameters were read from the image when the call was generated.
///
/// # Errors
///
/// A shape that the device or the kernel can't do, a buffer of another device, an image or a kernel
/// that can't be loaded, a task whose body has returned, or what the driver says.
pub fn launch(
    gpu: &Gpu,
    image: &'static Image,
    entry: &'static str,
    config: LaunchConfig,
    arguments: &[Argument<'_>],
) -> Result<()> {
    let code = gpu.home().card().code();
    let kernel = code
        .kernel(image, entry)
        .map_err(|error| error.on(gpu.device()).within(gpu.task()))?;
    gpu.launch_kernel(&kernel, entry, &config, arguments)
}

impl Gpu {
    pub(super) fn launch_kernel(
        &self,
        kernel: &Kernel,
        name: &str,
        config: &LaunchConfig,
        arguments: &[Argument<'_>],
    ) -> Result<()> {
        let invalid = |why| {
            self.error(GpuErrorKind::InvalidLaunch {
                kernel: name.into(),
                why,
            })
        };
        check_arguments(kernel, arguments).map_err(invalid)?;
        check_shape(kernel, self.home().card().facts(), config).map_err(invalid)?;
        let mut views = SmallVec::<[_; 8]>::new();
        for Argument(kind) in arguments {
            match kind {
                Kind::Scalar(_) => continue,
                Kind::Read(view) => views.push((*view, Access::Read)),
                Kind::Write(view) => views.push((*view, Access::Write)),
            }
        }
        for (view, _) in &views {
            self.check_device(&format!("`{name}`"), view)?;
        }
        if config.is_empty() {
            // Nothing is queued, but the answer to a task that has ended is the same.
            return self.lease.open().map(drop);
        }
        let parameters: SmallVec<[_; 8]> = arguments.iter().map(parameter).collect();
        self.submit(&views, |stream| {
            let beyond = config.shared_bytes + kernel.static_shared_bytes();
            if beyond > self.home().card().facts().shared_bytes {
                kernel.allow_shared_bytes(config.shared_bytes)?;
            }
            // SAFETY: compared with the kernel's parameters above. Where the driver can't tell
            // them, the call was generated from the text of the kernel.
            unsafe { kernel.launch(stream, config, &parameters) }
        })
    }
}

fn parameter<'a>(Argument(kind): &Argument<'a>) -> Parameter<'a> {
    match kind {
        Kind::Scalar(bytes) => Parameter::Value(bytes),
        Kind::Read(view) | Kind::Write(view) => Parameter::Address(view.address()),
    }
}

fn check_arguments(kernel: &Kernel, arguments: &[Argument<'_>]) -> Result<(), String> {
    let Some(sizes) = kernel.parameters() else {
        return Ok(());
    };
    if sizes.len() != arguments.len() {
        return Err(format!(
            "it takes {} arguments and was given {}",
            sizes.len(),
            arguments.len()
        ));
    }
    for (index, (size, argument)) in sizes.iter().zip(arguments).enumerate() {
        let given = parameter(argument).bytes();
        if *size != given {
            return Err(format!(
                "argument {index} has {given} bytes, the kernel takes {size}"
            ));
        }
    }
    Ok(())
}

fn check_shape(kernel: &Kernel, facts: &Facts, config: &LaunchConfig) -> Result<(), String> {
    let dimensions = [
        ("blocks in x", config.grid.0, 0, facts.grid.0),
        ("blocks in y", config.grid.1, 0, facts.grid.1),
        ("blocks in z", config.grid.2, 0, facts.grid.2),
        ("threads in x", config.block.0, 1, facts.block.0),
        ("threads in y", config.block.1, 1, facts.block.1),
        ("threads in z", config.block.2, 1, facts.block.2),
    ];
    for (what, asked, least, most) in dimensions {
        if !(least..=most).contains(&asked) {
            return Err(format!("{asked} {what}, it can be {least} to {most}"));
        }
    }
    let most = facts.block_threads.min(kernel.max_threads());
    let threads = config.block_threads();
    if threads > u128::from(most) {
        return Err(format!(
            "{threads} threads a block, the kernel can be run with {most} here"
        ));
    }
    let shared = u64::from(config.shared_bytes) + u64::from(kernel.static_shared_bytes());
    if shared > u64::from(facts.shared_bytes_opt_in) {
        return Err(format!(
            "{shared} bytes of shared memory a block, {} of them the kernel's own; the device has {}",
            kernel.static_shared_bytes(),
            facts.shared_bytes_opt_in
        ));
    }
    Ok(())
}
