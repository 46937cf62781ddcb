//! The one state of the process: a CUDA driver is global, and so is this one.

use crate::codes::Code;
use crate::context::Context;
use crate::device::Device;
use crate::event::Event;
use crate::faults::Faults;
use crate::graph::{Capture, Executable, Graph};
use crate::handle::{Handle, Table};
use crate::memory::{Pool, Space};
use crate::module::{Function, Link, Module};
use crate::settings::{self, Settings};
use crate::stream::{Engine, Stream};
use crate::trace::Trace;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::ThreadId;

/// Everything the driver knows.
#[derive(Debug, Default)]
pub(crate) struct Driver {
    initialised: AtomicBool,
    devices: RwLock<Vec<Arc<Device>>>,
    pub(crate) contexts: Table<Context>,
    pub(crate) streams: Table<Stream>,
    /// The default streams of threads, which have no handle of their own.
    pub(crate) thread_streams: Mutex<HashMap<(Handle, ThreadId), Arc<Stream>>>,
    pub(crate) events: Table<Event>,
    pub(crate) modules: Table<Module>,
    pub(crate) functions: Table<Function>,
    pub(crate) links: Table<Link>,
    pub(crate) graphs: Table<Graph>,
    /// The graph that each node is of.
    pub(crate) nodes: Table<Graph>,
    pub(crate) executables: Table<Executable>,
    pub(crate) captures: Table<Capture>,
    pub(crate) pools: Table<Pool>,
    pub(crate) space: Space,
    pub(crate) engine: Engine,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
}

/// The driver of the process, with as many devices as the environment says.
pub(crate) fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let driver = Driver::default();
        driver.ensure_devices(settings::devices().unwrap_or(0));
        driver
    })
}

impl Driver {
    /// `cuInit`.
    pub(crate) fn initialise(&self) -> Result<(), Code> {
        if let Err(why) = settings::devices().and(settings::memory()) {
            #[expect(
                clippy::print_stderr,
                reason = "a C interface has no other place for the text"
            )]
            {
                eprintln!("parla-cuda-sim: {why}");
            }
            return Err(Code::INVALID_VALUE);
        }
        if self.devices().is_empty() {
            return Err(Code::NO_DEVICE);
        }
        // Release: pairs with the load of a thread that goes on to use what stands above.
        self.initialised.store(true, Ordering::Release);
        Ok(())
    }

    pub(crate) fn is_initialised(&self) -> bool {
        // Acquire: as above.
        self.initialised.load(Ordering::Acquire)
    }

    pub(crate) fn devices(&self) -> Vec<Arc<Device>> {
        let devices = self.devices.read();
        devices.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn device(&self, ordinal: i32) -> Result<Arc<Device>, Code> {
        usize::try_from(ordinal)
            .ok()
            .and_then(|ordinal| self.devices().get(ordinal).cloned())
            .ok_or(Code::INVALID_DEVICE)
    }

    pub(crate) fn ensure_devices(&self, count: usize) {
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        while devices.len() < count {
            let device = Arc::new(Device::new(devices.len(), Settings::default()));
            let pool = device.default_pool();
            self.pools.insert(pool.handle(), pool);
            devices.push(device);
        }
    }
}
