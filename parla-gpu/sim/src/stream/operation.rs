//! What streams and graphs consist of, and how each one runs.

use super::{Ticket, Work};
use crate::abi::{HostFunction, Opaque, StreamCallback};
use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::entry::in_host_function;
use crate::faults::Fault;
use crate::handle::Handle;
use crate::memory::{Copy, Region, Set};
use crate::module::Launch;
use crate::trace::{Description, Kind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One operation. Those of graphs run any number of times.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Kernel(Launch),
    Copy(Copy),
    Set(Set),
    /// A function of the program; not called once the context has failed.
    Host(HostFunction, Opaque),
    /// A function of the program that is called in any case and told how it went.
    Callback(StreamCallback, Opaque),
    Free(Arc<Region>),
    Nothing,
}

impl Operation {
    /// The operation as work of the engine.
    pub(crate) fn into_work(self, stream: Handle, context: Arc<Context>) -> Work {
        match self {
            Self::Nothing => Work::Mark(None),
            _ => Work::Run(Box::new(move |ticket| self.run(stream, &context, ticket))),
        }
    }

    fn run(&self, stream: Handle, context: &Context, ticket: Ticket) {
        let device = context.device().ordinal();
        let describe = || self.describe();
        driver().trace.record(device, stream, ticket, describe, || {
            if let Self::Callback(function, data) = self {
                let status = Code::of(context.check());
                in_host_function(|| function.call(stream, status, *data));
                return true;
            }
            if context.failure().is_some() {
                return false;
            }
            // A panic is a mistake in the simulator. What waits for this must go on nevertheless.
            let result = catch_unwind(AssertUnwindSafe(|| self.perform(context)));
            let result = result.unwrap_or_else(|_| {
                let message = "the simulator has panicked; this is a mistake in it";
                Err(Fault::new(Code::UNKNOWN, message))
            });
            result.map_err(|fault| context.fail(fault)).is_ok()
        });
    }

    fn perform(&self, context: &Context) -> Result<(), Fault> {
        if let Self::Kernel(_) | Self::Copy(_) | Self::Set(_) = self {
            driver().faults.execution(context.device().ordinal())?;
        }
        match self {
            Self::Kernel(launch) => launch.run(context),
            Self::Copy(copy) => {
                let begin = Instant::now();
                copy.run()?;
                if let Some(bandwidth) = context.device().settings().copy_bandwidth {
                    wait_until(begin + duration(copy.bytes(), bandwidth));
                }
                Ok(())
            }
            Self::Set(set) => set.run(),
            Self::Host(function, data) => {
                in_host_function(|| function.call(*data));
                Ok(())
            }
            Self::Free(region) => {
                region.remove();
                Ok(())
            }
            Self::Callback(..) | Self::Nothing => Ok(()),
        }
    }

    fn describe(&self) -> Description {
        let (kind, name, bytes, pageable) = match self {
            Self::Kernel(launch) => (Kind::Kernel, Some(launch.name().to_owned()), 0, false),
            Self::Copy(copy) => (copy.kind(), None, copy.bytes(), copy.is_pageable),
            Self::Set(set) => (Kind::Set, None, set.bytes(), false),
            Self::Host(..) | Self::Callback(..) | Self::Nothing => (Kind::Host, None, 0, false),
            Self::Free(region) => (Kind::Free, None, region.len(), false),
        };
        Description {
            kind,
            name,
            bytes,
            pageable,
        }
    }
}

fn duration(bytes: u64, bytes_per_second: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(bytes_per_second.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// Lets this thread rest until then.
fn wait_until(end: Instant) {
    let nobody = Condvar::new();
    let lock = Mutex::new(());
    let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        let waited = nobody.wait_timeout(guard, left);
        guard = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}
