//! What programs have made and not given back: for tests that nothing is left behind.

use crate::driver;
use crate::handle::Handle;
use crate::memory::{Kind, Region};

/// What there is at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Live {
    /// Allocations of device memory, pools' included, and managed ones.
    pub allocations: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Allocations of pinned memory of the host.
    pub pinned: usize,
    /// Ranges of the program's own memory that are registered.
    pub registered: usize,
    /// Contexts, primary ones included.
    pub contexts: usize,
    /// Streams, without the default ones.
    pub streams: usize,
    /// Events.
    pub events: usize,
    /// Modules.
    pub modules: usize,
    /// Memory pools, without the default ones of devices.
    pub pools: usize,
    /// Graphs; counted for the process only, since they are of no device.
    pub graphs: usize,
    /// Graphs that are ready to run; counted for the process only.
    pub executables: usize,
    /// Links in progress; counted for the process only.
    pub links: usize,
}

/// What there is in the process.
///
/// ```
/// use parla_cuda_sim::{Live, live};
///
/// // run what is to be tested
/// assert_eq!(live(), Live::default());
/// ```
#[must_use]
pub fn live() -> Live {
    count(None)
}

/// What there is on one device.
#[must_use]
pub fn live_on(device: usize) -> Live {
    count(Some(device))
}

fn count(device: Option<usize>) -> Live {
    let driver = driver();
    let is_here = |other: usize| device.is_none_or(|device| device == other);
    let contexts = driver.contexts.all();
    let of = |handle: Handle| {
        let context = contexts.iter().find(|context| context.handle() == handle);
        context.is_some_and(|context| is_here(context.device().ordinal()))
    };
    let regions = |is_kind: fn(Kind) -> bool| {
        let counts = |region: &Region| is_kind(region.kind()) && is_here(region.device().ordinal());
        driver.space.all(counts)
    };
    let allocations = regions(|kind| matches!(kind, Kind::Device | Kind::Managed));
    let default_pools = driver.devices();
    let is_default = |pool: Handle| {
        let mut defaults = default_pools.iter().map(|device| device.default_pool());
        defaults.any(|default| default.handle() == pool)
    };
    let of_process = |count: usize| if device.is_none() { count } else { 0 };
    Live {
        allocations: allocations.len(),
        bytes: allocations.iter().map(|region| region.len()).sum(),
        pinned: regions(|kind| matches!(kind, Kind::Pinned(_))).len(),
        registered: regions(|kind| matches!(kind, Kind::Registered(..))).len(),
        contexts: driver.contexts.count(|context| of(context.handle())),
        streams: driver.streams.count(|stream| of(stream.context().handle())),
        events: driver.events.count(|event| of(event.context())),
        modules: driver.modules.count(|module| of(module.context())),
        pools: driver
            .pools
            .count(|pool| is_here(pool.device()) && !is_default(pool.handle())),
        graphs: of_process(driver.graphs.count(|_| true)),
        executables: of_process(driver.executables.count(|_| true)),
        links: of_process(driver.links.count(|_| true)),
    }
}
