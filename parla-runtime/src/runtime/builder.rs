//! Options of a runtime, and how it starts.

use super::{Handle, Runtime};
use crate::device::{DeviceProvider, Devices, FoundDevices};
use crate::error::{Error, Result};
use crate::resources::places::Place;
use crate::resources::{Bytes, topology};
use crate::scheduler::{Queues, Scheduler, Seat};
use crate::sync::{Arc, tokio};
use crate::worker::Pinning;

/// How many threads of the program at a time have a queue of their own; more share one.
const GUESTS: usize = 4;

/// Options for a [`Runtime`].
#[derive(Debug, Clone, Default)]
#[must_use = "call `build`"]
pub struct RuntimeBuilder {
    workers: Option<usize>,
    pin_workers: bool,
    seed: Option<u64>,
    trace: bool,
    memory: Option<Bytes>,
    cpu_devices: Option<usize>,
    provider: Option<Arc<dyn DeviceProvider>>,
}

impl RuntimeBuilder {
    /// How many bodies may run at the same time. If not given, the processors this process may
    /// use, with its affinity and its cgroup's quota respected. Zero counts as one.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// Pins each worker to a processor, so that no worker ever moves away from what it has in its
    /// caches and from the memory of its NUMA node. Off if not given.
    ///
    /// Workers take one processor of each core, filling one cache after the other and one NUMA
    /// node after the other; then the other processors of the cores; then they begin again. Only
    /// processors that this process may use are taken. A worker that runs dry steals from workers
    /// nearby first.
    ///
    /// Useful for a program that has its processors to itself. Two pinned runtimes, or two such
    /// programs, take the same processors. Threads that a body starts inherit the one processor of
    /// its worker, as everywhere; those of tokio may use all.
    ///
    /// Where the operating system doesn't let threads be pinned, and everywhere but on Linux, the
    /// program runs as without: [`Handle::worker_processors`] tells.
    ///
    /// ```
    /// let builder = parla_runtime::Runtime::builder();
    /// let runtime = builder.workers(2).pin_workers(true).build()?;
    /// if runtime.worker_processors().is_empty() {
    ///     eprintln!("can't pin workers here");
    /// }
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    pub fn pin_workers(mut self, pin: bool) -> Self {
        self.pin_workers = pin;
        self
    }

    /// Seeds the choices of the scheduler. With one worker, the order of execution then depends
    /// on the program and the seed alone, and each seed draws another order that the dependencies
    /// allow; the worker runs tasks only while the program waits.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keeps an event log; see [`Handle::take_events`].
    pub fn trace(mut self, trace: bool) -> Self {
        self.trace = trace;
        self
    }

    /// The memory that `memory` clauses of tasks on the host are counted against. If not given,
    /// the machine's, or the cgroup's limit.
    pub fn memory(mut self, memory: impl Into<Bytes>) -> Self {
        self.memory = Some(memory.into());
        self
    }

    /// Divides the host into that many logical CPU devices, `cpu(0)` and so on: each has a whole
    /// of `vcus` and an equal part of the memory. They share the workers. One if not given; zero
    /// counts as one.
    pub fn cpu_devices(mut self, count: usize) -> Self {
        self.cpu_devices = Some(count.max(1));
        self
    }

    /// Adds the devices of a back end, such as GPUs. None if not given.
    pub fn devices(mut self, provider: impl DeviceProvider + 'static) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] if the operating system refuses threads.
    pub fn build(self) -> Result<Runtime> {
        let workers = self.workers.unwrap_or_else(topology::processors);
        let memory = self.memory.unwrap_or_else(topology::memory);
        let pinning = self.pin_workers.then(|| Pinning::new(workers)).flatten();
        // One thread drives tokio's timers and I/O; bodies run on our workers.
        let mut tokio = tokio::runtime::Builder::new_multi_thread();
        tokio
            .worker_threads(1)
            .thread_name("parla-tokio")
            .enable_all();
        if let Some(free) = pinning.as_ref().map(Pinning::free) {
            // Those for blocking work are started by whoever asks, pinned or not.
            tokio.on_thread_start(move || {
                free.apply();
            });
        }
        let tokio = tokio.build().map_err(Error::Start)?;
        let found = self
            .provider
            .map_or_else(FoundDevices::default, |it| it.find());
        let devices = Devices::new(self.cpu_devices.unwrap_or(1), memory, found);
        let anywhere = vec![Place::default(); workers];
        let places = pinning.as_ref().map_or(&anywhere[..], Pinning::places);
        let (queues, deques) = Queues::new(places, GUESTS, self.seed.filter(|_| workers == 1));
        let scheduler = Scheduler::new(
            devices,
            queues,
            workers,
            pinning,
            self.trace,
            tokio.handle().clone(),
        );
        // From here on dropping the runtime stops what has been started.
        let handle = Handle {
            scheduler: scheduler.clone(),
        };
        let runtime = Runtime {
            handle,
            tokio: Some(tokio),
        };
        let mut seeds = fastrand::Rng::with_seed(self.seed.unwrap_or(0));
        for (index, deques) in deques.into_iter().enumerate() {
            let seat = Box::new(Seat::new(&scheduler, index, deques, seeds.u64(..)));
            if seat.is_worker {
                scheduler.seats.start(seat).map_err(Error::Start)?;
            } else {
                scheduler.seats.put_guest(seat);
            }
        }
        Ok(runtime)
    }
}
