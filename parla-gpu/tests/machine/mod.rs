//! Devices for a test, and tasks that the test itself plays the scheduler for.

#![allow(dead_code, reason = "each of the tests that share this uses a part")]

mod host;

use std::sync::{Arc, mpsc};
use std::time::Duration;

pub(crate) use host::Packed;
use parla_gpu::__private::{Argument, launch};
use parla_gpu::bytemuck::Pod;
use parla_gpu::{Gpu, Gpus, Image, LaunchConfig};
use parla_runtime::{
    Axis, BlockSlice, Device, DeviceError, DeviceMemory, Fence, FoundDevices, Layout, Lease,
    LeaseRequest, Runtime, TaskName, TaskSpace,
};

pub(crate) static KERNELS: Image = Image::new("kernels", include_str!("kernels.ptx"));

/// Far beyond what anything here takes: a hang fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Machine {
    pub(crate) devices: Vec<Box<dyn Device>>,
}

impl Machine {
    pub(crate) fn of(gpus: &Gpus) -> Self {
        let FoundDevices { devices, note } = gpus.find();
        assert!(!devices.is_empty(), "{note:?}");
        let required = std::env::var_os("PARLA_REQUIRE_GPU").is_some_and(|it| it == "1");
        let simulated = parla_gpu::devices().unwrap()[0].is_simulated;
        assert!(!required || !simulated, "`PARLA_REQUIRE_GPU` is set");
        Self { devices }
    }

    /// `None`, with the reason printed, on a machine with fewer real devices.
    pub(crate) fn with(count: usize) -> Option<Self> {
        let machine = Self::of(&Gpus::all().count(count).simulated(count));
        if machine.devices.len() < count {
            println!("skipped: needs {count} GPUs, has {}", machine.devices.len());
            return None;
        }
        Some(machine)
    }

    pub(crate) fn one() -> Self {
        Self::of(&Gpus::all().count(1).simulated(1))
    }

    /// Where the runtime keeps copies of arrays.
    pub(crate) fn memory(&self, device: usize) -> Arc<dyn DeviceMemory> {
        self.devices[device].data().expect("it has a memory")
    }

    /// A task on a device whose body is the rest of the test.
    pub(crate) fn task(&self, device: usize, name: i64) -> Task {
        self.task_after(device, name, &[])
    }

    pub(crate) fn task_after(&self, device: usize, name: i64, after: &[Arc<dyn Fence>]) -> Task {
        self.try_task_after(device, name, after).unwrap()
    }

    pub(crate) fn try_task_after(
        &self,
        device: usize,
        name: i64,
        after: &[Arc<dyn Fence>],
    ) -> Result<Task, DeviceError> {
        let mut request = LeaseRequest::new(task_name(name));
        request.after = after;
        self.try_task(device, &request)
    }

    pub(crate) fn try_task(
        &self,
        device: usize,
        request: &LeaseRequest<'_>,
    ) -> Result<Task, DeviceError> {
        let lease = self.devices[device].lease(request)?;
        let lease = lease.expect("a GPU has queues");
        for fence in request.after {
            lease.wait_for(fence)?;
        }
        let gpu = parla_gpu::__private::of_lease(&lease).expect("it is the lease of a GPU");
        Ok(Task { lease, gpu })
    }
}

/// `T[index]`.
pub(crate) fn task_name(index: i64) -> TaskName {
    let runtime = Runtime::builder().workers(1).build().unwrap();
    let _ambient = runtime.enter();
    TaskSpace::new("T").task(index).name()
}

pub(crate) struct Task {
    pub(crate) lease: Arc<dyn Lease>,
    pub(crate) gpu: Gpu,
}

impl Task {
    /// The end of the body.
    pub(crate) fn seal(&self) -> Arc<dyn Fence> {
        self.lease.clone().seal(true).unwrap()
    }

    /// The end of the body; blocks until the work is done.
    pub(crate) fn finish(self) -> Result<(), DeviceError> {
        let _ = self.lease.clone().seal(true);
        let (send, receive) = mpsc::channel();
        self.lease
            .when_done(Box::new(move |result| send.send(result).unwrap()));
        receive.recv_timeout(PATIENCE).expect("the work ends")
    }
}

/// A block for packed elements.
pub(crate) fn block_of<T>(
    memory: &dyn DeviceMemory,
    shape: &[usize],
) -> Result<BlockSlice, DeviceError> {
    let layout = Layout::packed(size_of::<T>(), shape.iter().copied());
    Ok(BlockSlice {
        block: memory.allocate(layout.bytes() as u64)?,
        layout,
    })
}

/// Other elements of the same block, of the same size: of each axis the length and the stride in
/// bytes.
pub(crate) fn strided(of: &BlockSlice, offset: usize, axes: &[(usize, isize)]) -> BlockSlice {
    let axes = axes.iter().map(|&(len, stride)| Axis { len, stride });
    BlockSlice {
        block: of.block.clone(),
        layout: Layout {
            element: of.layout.element,
            offset,
            axes: axes.collect(),
        },
    }
}

/// A block with a copy of the elements.
pub(crate) fn block_with<T: Pod>(
    memory: &dyn DeviceMemory,
    elements: &[T],
) -> Result<BlockSlice, DeviceError> {
    let block = block_of::<T>(memory, &[elements.len()])?;
    memory.upload(&Packed::of(elements), &block)?;
    Ok(block)
}

/// What is there.
pub(crate) fn contents<T: Pod>(
    memory: &dyn DeviceMemory,
    from: &BlockSlice,
) -> Result<Vec<T>, DeviceError> {
    let mut to = Packed::of(&vec![T::zeroed(); from.layout.count()]);
    memory.download(from, &mut to)?;
    Ok(to.to_vec())
}

/// Keeps the stream of the handle busy for so long.
pub(crate) fn spin(gpu: &Gpu, microseconds: u64) {
    let config = LaunchConfig::new((1, 1, 1), (1, 1, 1));
    let ns = microseconds * 1000;
    launch(gpu, &KERNELS, "spin", config, &[Argument::scalar(&ns)]).unwrap();
}
