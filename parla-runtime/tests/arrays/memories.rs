//! Devices with memory of their own, in the memory of the test: bounded, counted, and failing on
//! demand. Bodies run on the host as on devices without queues.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use parla_runtime::{
    Block, BlockSlice, Bytes, Device, DeviceError, DeviceId, DeviceKind, DeviceMemory,
    DeviceProvider, FoundDevices, HostSource, HostTarget, Layout,
};

/// Some such devices, with so many bytes each.
#[derive(Debug, Clone)]
pub(crate) struct Memories {
    devices: usize,
    bytes: u64,
    pub(crate) counts: Arc<Counts>,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Bytes in all blocks of a device, now and at most.
    pub(crate) held: Mutex<Vec<(u64, u64)>>,
    pub(crate) uploaded: AtomicU64,
    pub(crate) downloaded: AtomicU64,
    pub(crate) copied: AtomicU64,
    /// How many operations go well before one fails; `usize::MAX` for all.
    until_failure: AtomicUsize,
    /// How that one fails.
    failure: Mutex<Option<Failure>>,
    /// To be called once, when a block has been allocated.
    meanwhile: Mutex<Option<Meanwhile>>,
}

struct Meanwhile(Box<dyn FnOnce() + Send>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Error,
    /// All later ones on that device fail too.
    Lost,
    Panic,
}

impl Memories {
    pub(crate) fn new(devices: usize, bytes: u64) -> Self {
        let counts = Counts {
            held: Mutex::new(vec![(0, 0); devices]),
            until_failure: AtomicUsize::new(usize::MAX),
            ..Counts::default()
        };
        Self {
            devices,
            bytes,
            counts: Arc::new(counts),
        }
    }

    /// After so many copies and allocations one fails.
    pub(crate) fn fail_after(&self, operations: usize, failure: Failure) {
        *self.counts.failure.lock().unwrap() = Some(failure);
        (self.counts.until_failure).store(operations, Ordering::SeqCst);
    }

    /// The next block that is allocated is given out when that has returned.
    pub(crate) fn meanwhile(&self, work: impl FnOnce() + Send + 'static) {
        *self.counts.meanwhile.lock().unwrap() = Some(Meanwhile(Box::new(work)));
    }

    /// Whether any failure has come.
    pub(crate) fn has_failed(&self) -> bool {
        self.counts.until_failure.load(Ordering::SeqCst) == usize::MAX
    }

    /// Bytes that were moved between memories.
    pub(crate) fn moved(&self) -> u64 {
        let counts = &self.counts;
        [&counts.uploaded, &counts.downloaded, &counts.copied]
            .map(|count| count.load(Ordering::SeqCst))
            .iter()
            .sum()
    }
}

impl DeviceProvider for Memories {
    fn find(&self) -> FoundDevices {
        let device = |number| {
            let device: Box<dyn Device> = Box::new(MemoryDevice {
                id: DeviceId::new(DeviceKind::Gpu, number),
                bytes: self.bytes,
                memory: Arc::new(Memory {
                    number,
                    bytes: self.bytes,
                    counts: self.counts.clone(),
                    lost: Mutex::new(false),
                }),
            });
            device
        };
        FoundDevices {
            devices: (0..self.devices).map(device).collect(),
            note: None,
        }
    }
}

#[derive(Debug)]
struct MemoryDevice {
    id: DeviceId,
    bytes: u64,
    memory: Arc<Memory>,
}

impl Device for MemoryDevice {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn name(&self) -> &str {
        "memory of the test"
    }

    fn memory(&self) -> Bytes {
        Bytes::new(self.bytes)
    }

    fn data(&self) -> Option<Arc<dyn DeviceMemory>> {
        Some(self.memory.clone())
    }
}

#[derive(Debug)]
struct Memory {
    number: usize,
    bytes: u64,
    counts: Arc<Counts>,
    lost: Mutex<bool>,
}

#[derive(Debug)]
pub(crate) struct MemoryBlock {
    number: usize,
    bytes: Mutex<Vec<u8>>,
    counts: Arc<Counts>,
}

impl Memory {
    fn operate(&self) -> Result<(), DeviceError> {
        if *self.lost.lock().unwrap() {
            return Err(DeviceError::lost("it was lost before"));
        }
        let left =
            self.counts
                .until_failure
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    Some(if left == usize::MAX {
                        left
                    } else {
                        left.wrapping_sub(1)
                    })
                });
        if left != Ok(0) {
            return Ok(());
        }
        let failure = self.counts.failure.lock().unwrap().take();
        match failure {
            Some(Failure::Lost) => {
                *self.lost.lock().unwrap() = true;
                Err(DeviceError::lost("lost as the test wants it"))
            }
            Some(Failure::Panic) => panic!("panics as the test wants it"),
            _ => Err(DeviceError::new("failed as the test wants it")),
        }
    }
}

impl DeviceMemory for Memory {
    fn allocate(&self, bytes: u64) -> Result<Arc<dyn Block>, DeviceError> {
        self.operate()?;
        let mut held = self.counts.held.lock().unwrap();
        let (now, most) = &mut held[self.number];
        if *now + bytes > self.bytes {
            return Err(DeviceError::out_of_memory(format!(
                "{bytes} asked for, {} free",
                self.bytes - *now
            )));
        }
        *now += bytes;
        *most = (*most).max(*now);
        drop(held);
        let meanwhile = self.counts.meanwhile.lock().unwrap().take();
        if let Some(Meanwhile(work)) = meanwhile {
            work();
        }
        Ok(Arc::new(MemoryBlock {
            number: self.number,
            // What was not written must not be read.
            bytes: Mutex::new(vec![0xA5; usize::try_from(bytes).unwrap()]),
            counts: self.counts.clone(),
        }))
    }

    fn upload(&self, from: &dyn HostSource, to: &BlockSlice) -> Result<(), DeviceError> {
        self.operate()?;
        let mut packed = vec![0; from.bytes()];
        from.read(0, &mut packed);
        scatter(&to.layout, &mut of(to).bytes.lock().unwrap(), &packed);
        self.counts
            .uploaded
            .fetch_add(packed.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    fn download(&self, from: &BlockSlice, to: &mut dyn HostTarget) -> Result<(), DeviceError> {
        self.operate()?;
        let packed = gather(&from.layout, &of(from).bytes.lock().unwrap());
        // In two pieces, the first not a multiple of most elements.
        let (first, second) = packed.split_at(packed.len() / 3);
        to.write(0, first);
        to.write(first.len(), second);
        self.counts
            .downloaded
            .fetch_add(packed.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    fn copy(&self, from: &BlockSlice, to: &BlockSlice) -> Result<(), DeviceError> {
        self.operate()?;
        let packed = gather(&from.layout, &of(from).bytes.lock().unwrap());
        scatter(&to.layout, &mut of(to).bytes.lock().unwrap(), &packed);
        if of(from).number != of(to).number {
            self.counts
                .copied
                .fetch_add(packed.len() as u64, Ordering::SeqCst);
        }
        Ok(())
    }
}

impl Block for MemoryBlock {
    fn device(&self) -> DeviceId {
        DeviceId::new(DeviceKind::Gpu, self.number)
    }
}

impl Drop for MemoryBlock {
    fn drop(&mut self) {
        let bytes = self.bytes.get_mut().unwrap().len() as u64;
        self.counts.held.lock().unwrap()[self.number].0 -= bytes;
    }
}

fn of(slice: &BlockSlice) -> &MemoryBlock {
    let block: &dyn Any = &*slice.block;
    block.downcast_ref().expect("all blocks are the test's")
}

/// The elements of a slice, in order.
pub(crate) fn read(slice: &BlockSlice) -> Vec<u8> {
    gather(&slice.layout, &of(slice).bytes.lock().unwrap())
}

/// Sets the elements of a slice.
pub(crate) fn write(slice: &BlockSlice, packed: &[u8]) {
    scatter(&slice.layout, &mut of(slice).bytes.lock().unwrap(), packed);
}

fn gather(layout: &Layout, bytes: &[u8]) -> Vec<u8> {
    let places = places(layout);
    places
        .flat_map(|at| bytes[at..at + layout.element].to_vec())
        .collect()
}

fn scatter(layout: &Layout, bytes: &mut [u8], packed: &[u8]) {
    for (at, element) in places(layout).zip(packed.chunks(layout.element)) {
        bytes[at..at + layout.element].copy_from_slice(element);
    }
}

fn places(layout: &Layout) -> impl Iterator<Item = usize> {
    (0..layout.count()).map(|index| {
        let mut rest = index;
        let mut at = layout.offset;
        for axis in layout.axes.iter().rev() {
            at += (rest % axis.len) * axis.stride.unsigned_abs();
            rest /= axis.len;
        }
        at
    })
}
