//! Options of a runtime, and how it starts.

use std::path::PathBuf;

use super::{Handle, Runtime};
use crate::device::{DeviceProvider, Devices, FoundDevices};
use crate::error::{Error, Result};
use crate::resources::places::Place;
use crate::resources::{Bytes, topology};
use crate::scheduler::{Learning, Mapper, Policy, Queues, Scheduler, Seat, default_path};
use crate::sync::{Arc, tokio};
use crate::trace::Trace;
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
    record_graph: bool,
    memory: Option<Bytes>,
    cpu_devices: Option<usize>,
    provider: Option<Arc<dyn DeviceProvider>>,
    policy: Option<Arc<dyn Policy>>,
    history: KeepHistory,
    explain_mapping: bool,
}

/// Where learned run times are kept.
#[derive(Debug, Clone, Default)]
enum KeepHistory {
    #[default]
    InCache,
    At(PathBuf),
    Nowhere,
}

impl KeepHistory {
    fn path(self) -> Option<PathBuf> {
        match self {
            Self::InCache => default_path(),
            Self::At(path) => Some(path),
            Self::Nowhere => None,
        }
    }
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

    /// Keeps the names of all tasks and what each comes after, because of its dependencies, its inputs
    /// or the data that it declares to use; see [`Handle::task_graph`]. That takes memory for each
    /// task until the runtime ends. Off if not given.
    pub fn record_graph(mut self, record: bool) -> Self {
        self.record_graph = record;
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

    /// Decides where tasks go that may run in several places. [`Locality`](crate::Locality) if not
    /// given.
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Whether learned run times are kept from one run of the program to the next, in the file
    /// `parla/run-times.ron` in the user's folder for caches, which all programs share. Kept if not
    /// given, provided that the policy [learns](Policy::learns); else the file is not touched.
    ///
    /// It is read when the runtime is built, and replaced when it is dropped: of several at the same
    /// time the last one wins. A file that can't be read is as good as none; see
    /// [`Explanation::notes`](crate::Explanation::notes).
    pub fn history(mut self, keep: bool) -> Self {
        self.history = match keep {
            true => KeepHistory::InCache,
            false => KeepHistory::Nowhere,
        };
        self
    }

    /// As [`history`](Self::history), in that file.
    pub fn history_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.history = KeepHistory::At(path.into());
        self
    }

    /// Whether tasks that have a choice keep why they went where they went, see
    /// [`Task::mapping`](crate::Task::mapping). Off if not given.
    pub fn explain_mapping(mut self, explain: bool) -> Self {
        self.explain_mapping = explain;
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
        let history = self.history;
        let learn = || Learning::new(&devices, history.path());
        let mapper = Mapper::new(self.policy, learn, self.explain_mapping);
        let anywhere = vec![Place::default(); workers];
        let places = pinning.as_ref().map_or(&anywhere[..], Pinning::places);
        let (queues, deques) = Queues::new(places, GUESTS, self.seed.filter(|_| workers == 1));
        let scheduler = Scheduler::new(
            devices,
            queues,
            workers,
            pinning,
            Trace::new(self.trace, self.record_graph),
            mapper,
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
