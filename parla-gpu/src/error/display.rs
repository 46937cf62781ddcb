//! How errors read.

use std::fmt;

use super::{DriverError, GpuError, GpuErrorKind as Kind};

impl fmt::Display for GpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(device) = self.device() {
            write!(f, "on {device}: ")?;
        }
        write!(f, "{}", self.kind())?;
        match self.task() {
            Some(task) => write!(f, ", in task `{task}`"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDriver { looked_for } => f.write_str(looked_for),
            Self::OutOfMemory {
                asked,
                free,
                limit,
                in_use,
            } => write!(
                f,
                "out of memory: asked for {asked}, {free} are free of {limit}; buffers hold {in_use}"
            ),
            Self::InvalidLaunch { kernel, why } => write!(f, "can't launch `{kernel}`: {why}"),
            Self::WrongDevice { operation, buffer } => write!(
                f,
                "{operation} needs its buffers on this device, but one is on {buffer}; copy it first"
            ),
            Self::WrongLength { from, to } => {
                write!(f, "can't copy {from} elements to a place for {to}")
            }
            Self::InvalidLayout { why } => f.write_str(why),
            Self::Strided { operation } => write!(
                f,
                "{operation} needs elements that lie one behind the other, but these have others \
                 between them; copy them to a buffer, or go by their strides in a kernel"
            ),
            Self::NotAGpuTask => f.write_str(
                "no task with a GPU runs here; call this in the body of a task that is placed on `gpu`",
            ),
            Self::TaskEnded => {
                f.write_str("the body of the task has returned, nothing more can be queued for it")
            }
            Self::InvalidImage { image, log, text } => {
                write!(f, "can't load the code `{image}`: {text}")?;
                if log.is_empty() {
                    return Ok(());
                }
                write!(f, "\n{log}\n")
            }
            Self::NoSuchKernel { image, kernel } => {
                write!(f, "the code `{image}` has no kernel `{kernel}`")
            }
            Self::Driver(error) => error.fmt(f),
            Self::Lost(error) => write!(f, "the device is lost: {error}"),
        }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
