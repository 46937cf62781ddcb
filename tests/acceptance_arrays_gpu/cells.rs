//! Buffers that the versions by hand keep from task to task, by what is in them and where.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use parla::{DeviceBuffer, Gpu};

type Cell = Arc<Mutex<DeviceBuffer<f64>>>;

/// One buffer a key and device, made by one task, used by others that depend on it.
#[derive(Debug, Clone)]
pub(crate) struct Cells<K>(Arc<Mutex<HashMap<(K, usize), Cell>>>);

impl<K: Copy + Eq + Hash + Debug> Cells<K> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn put(&self, key: K, device: usize, buffer: DeviceBuffer<f64>) {
        let cell = Arc::new(Mutex::new(buffer));
        let before = self.cells().insert((key, device), cell);
        assert!(before.is_none(), "{key:?} is on {device} already");
    }

    pub(crate) fn get(&self, key: K, device: usize) -> Cell {
        let cell = self.cells().get(&(key, device)).cloned();
        cell.unwrap_or_else(|| panic!("{key:?} is not on {device}"))
    }

    /// Works with one buffer.
    pub(crate) fn with<R>(
        &self,
        key: K,
        device: usize,
        work: impl FnOnce(&mut DeviceBuffer<f64>) -> R,
    ) -> R {
        work(
            &mut self
                .get(key, device)
                .lock()
                .expect("no panic under the lock"),
        )
    }

    /// A copy on the device of the task.
    pub(crate) fn bring(&self, gpu: &Gpu, key: K, from: usize, to: usize) -> parla::Result<()> {
        let copy = self.with(key, from, |there| {
            let mut here = gpu.alloc(there.len())?;
            gpu.copy(&*there, &mut here)?;
            Ok::<_, parla::GpuError>(here)
        })?;
        self.put(key, to, copy);
        Ok(())
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<(K, usize), Cell>> {
        self.0.lock().expect("no panic under the lock")
    }
}
