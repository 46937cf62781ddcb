//! Simulated GPUs with slow copies, and what is moved between memories.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use parla::{Bytes, DeviceId, DeviceKind, Gpus, Placement, Runtime, RuntimeBuilder};
use parla_cuda_sim::trace::{self, Kind, Operation};
use parla_cuda_sim::{Settings, configure};

/// The numbers of GPUs on which the tests run.
pub(crate) const COUNTS: [usize; 3] = [1, 2, 4];
/// Bytes in a second. A tile of the tests takes as long as six or seven tasks are reckoned to take: as
/// with tiles of some MiB and PCI Express 3.
const BANDWIDTH: u64 = 8_000_000;

/// Another one, to see what programs move then; the bars are for that above.
fn wanted_bandwidth() -> Option<u64> {
    let text = std::env::var("PARLA_TEST_COPY_BANDWIDTH").ok()?;
    Some(text.parse().expect("a number of bytes in a second"))
}

/// The driver is that of the process: one test at a time.
pub(crate) struct Machine {
    count: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Machine {
    pub(crate) fn new(count: usize) -> Self {
        Self::with_bandwidth(count, Some(wanted_bandwidth().unwrap_or(BANDWIDTH)))
    }

    pub(crate) fn with_bandwidth(count: usize, copy_bandwidth: Option<u64>) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = Settings {
            copy_bandwidth,
            ..Settings::default()
        };
        (0..count).for_each(|device| configure(device, settings.clone()));
        Self {
            count,
            _alone: alone,
        }
    }

    pub(crate) fn builder(&self) -> RuntimeBuilder {
        let gpus = Gpus::only_simulated(self.count);
        Runtime::builder().workers(2).devices(gpus)
    }

    /// With at most so much memory on each GPU.
    pub(crate) fn builder_with_limit(&self, limit: u64) -> RuntimeBuilder {
        let gpus = Gpus::only_simulated(self.count).memory_limit(Bytes::new(limit));
        Runtime::builder().workers(2).devices(gpus)
    }

    /// What a program gives, and what it moves.
    pub(crate) fn measure<R>(&self, program: impl FnOnce() -> R + Send) -> (R, Moved)
    where
        R: Send,
    {
        let runtime = crate::common::build(self.builder());
        let recording = trace::start();
        let result = runtime.run(program).expect("all ends well");
        drop(runtime);
        (result, Moved::of(&recording.take()))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        (0..self.count).for_each(|device| configure(device, Settings::default()));
    }
}

pub(crate) fn gpu(number: usize) -> Placement {
    DeviceId::new(DeviceKind::Gpu, number).into()
}

/// Bytes between memories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    to_devices: u64,
    to_host: u64,
    between_devices: u64,
    /// How many of a hundred kernels ran on the device that ran most.
    busiest: usize,
}

impl Moved {
    fn of(operations: &[Operation]) -> Self {
        let mut kernels = BTreeMap::<usize, usize>::new();
        for operation in operations.iter().filter(|it| it.kind == Kind::Kernel) {
            *kernels.entry(operation.device).or_default() += 1;
        }
        let all: usize = kernels.values().sum();
        let most = kernels.into_values().max().unwrap_or(0);
        let bytes = |kind| {
            let copies = operations.iter().filter(|it| it.kind == kind);
            copies.map(|it| it.bytes).sum()
        };
        Self {
            to_devices: bytes(Kind::HostToDevice),
            to_host: bytes(Kind::DeviceToHost),
            between_devices: bytes(Kind::PeerToPeer),
            busiest: most * 100 / all.max(1),
        }
    }

    fn total(self) -> u64 {
        self.to_devices + self.to_host + self.between_devices
    }
}

/// What the three versions of a program move: by hand; with automatic data; with automatic placement
/// too.
#[derive(Debug)]
pub(crate) struct Versions {
    program: &'static str,
    count: usize,
    by_hand: Moved,
    data: Moved,
    data_and_placement: Moved,
}

impl Versions {
    pub(crate) fn new(program: &'static str, count: usize, moved: [Moved; 3]) -> Self {
        let [by_hand, data, data_and_placement] = moved;
        Self {
            program,
            count,
            by_hand,
            data,
            data_and_placement,
        }
    }

    /// The automatic ones move at most a twentieth more than is moved by hand.
    pub(crate) fn check(all: &[Self]) {
        all.iter().for_each(|it| println!("{}", it.row()));
        if wanted_bandwidth().is_some() {
            return;
        }
        for it in all {
            let most = it.by_hand.total() * 105 / 100;
            for moved in [it.data, it.data_and_placement] {
                assert!(moved.total() <= most, "{it:#?}");
            }
        }
    }

    /// A row of the table in `docs/benchmarks.md`.
    fn row(&self) -> String {
        let by_hand = self.by_hand.total();
        let of = |moved: Moved| {
            let ratio = moved.total() as f64 / by_hand as f64;
            format!("{} (×{ratio:.2})", moved.total())
        };
        format!(
            "| {} | {} | {by_hand} | {} | {} | {} % |",
            self.program,
            self.count,
            of(self.data),
            of(self.data_and_placement),
            self.data_and_placement.busiest
        )
    }
}
