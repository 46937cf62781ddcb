//! What the runtime keeps gives way to what bodies allocate.

use std::sync::{Arc, Mutex};

use parla_gpu::Gpus;
use parla_runtime::{BlockSlice, Bytes, DeviceId, DeviceMemory, Pressure};

use crate::machine::{Machine, block_with, contents};

/// Keeps blocks, and gives them up one at a time after reading them back.
struct Cache {
    memory: Arc<dyn DeviceMemory>,
    blocks: Mutex<Vec<BlockSlice>>,
    asked: Mutex<Vec<(DeviceId, u64)>>,
    saved: Mutex<Vec<u8>>,
}

impl Cache {
    /// As many blocks of a quarter of a MiB.
    fn filled(memory: &Arc<dyn DeviceMemory>, count: u8) -> Arc<Self> {
        let block = |value| block_with(&**memory, &vec![value; 256 << 10]).unwrap();
        let cache = Arc::new(Self {
            memory: memory.clone(),
            blocks: Mutex::new((0..count).map(block).collect()),
            asked: Mutex::default(),
            saved: Mutex::default(),
        });
        let weak = Arc::downgrade(&cache);
        memory.set_pressure(weak);
        cache
    }

    fn asked(&self) -> Vec<u64> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().map(|(_, bytes)| bytes).collect()
    }
}

impl Pressure for Cache {
    fn give_up(&self, device: DeviceId, bytes: u64) -> bool {
        self.asked.lock().unwrap().push((device, bytes));
        let Some(block) = self.blocks.lock().unwrap().pop() else {
            return false;
        };
        // As the only copy it would be written back: nothing here holds that up.
        let values = contents::<u8>(&*self.memory, &block).unwrap();
        self.saved.lock().unwrap().push(values[0]);
        true
    }
}

fn limited() -> (Machine, Arc<dyn DeviceMemory>) {
    let gpus = Gpus::all().count(1).simulated(1);
    let machine = Machine::of(&gpus.memory_limit(Bytes::new(1 << 20)));
    let memory = machine.memory(0);
    (machine, memory)
}

#[test]
fn a_body_gets_what_the_runtime_gives_up() {
    let (machine, memory) = limited();
    let cache = Cache::filled(&memory, 4);
    let task = machine.task(0, 0);
    let held = task.gpu.upload(&vec![9_u8; 512 << 10]).unwrap();
    assert_eq!(cache.asked(), [512 << 10; 2]);
    assert_eq!(*cache.saved.lock().unwrap(), [3, 2]);
    assert_eq!(task.gpu.download(&held).unwrap(), vec![9; 512 << 10]);
    for (block, value) in cache.blocks.lock().unwrap().iter().zip([0, 1]) {
        let there = contents::<u8>(&*memory, block).unwrap();
        assert_eq!(there, vec![value; 256 << 10]);
    }
    task.finish().unwrap();
}

#[test]
fn only_as_much_as_there_is() {
    let (machine, memory) = limited();
    let held = memory.allocate(512 << 10).unwrap();
    let cache = Cache::filled(&memory, 2);
    let task = machine.task(0, 0);
    let error = task.gpu.alloc::<u8>(768 << 10).unwrap_err();
    assert!(error.is_out_of_memory(), "{error}");
    assert!(error.to_string().ends_with("in task `T[0]`"), "{error}");
    assert_eq!(cache.asked().len(), 3);
    assert!(cache.blocks.lock().unwrap().is_empty());
    // Now there is nobody to ask.
    drop(cache);
    assert!(task.gpu.alloc::<u8>(768 << 10).is_err());
    drop(held);
    task.gpu.alloc::<u8>(768 << 10).unwrap();
    task.finish().unwrap();
}

#[test]
fn nobody_is_asked_in_vain() {
    let (machine, memory) = limited();
    let cache = Cache::filled(&memory, 3);
    let task = machine.task(0, 0);
    drop(task.gpu.alloc::<u8>(256 << 10).unwrap());
    assert!(task.gpu.alloc::<u8>((1 << 20) + 1).is_err());
    // The runtime knows itself what to give up for its own blocks.
    assert!(memory.allocate(512 << 10).unwrap_err().is_out_of_memory());
    assert_eq!(cache.asked(), [0; 0]);
    task.finish().unwrap();
}

/// Says that it gives up something, and doesn't.
struct Liar;

impl Pressure for Liar {
    fn give_up(&self, _device: DeviceId, _bytes: u64) -> bool {
        true
    }
}

#[test]
fn asking_ends() {
    let (machine, memory) = limited();
    let liar: Arc<dyn Pressure> = Arc::new(Liar);
    memory.set_pressure(Arc::downgrade(&liar));
    let _held = memory.allocate(1 << 20).unwrap();
    let task = machine.task(0, 0);
    assert!(task.gpu.alloc::<u8>(1).unwrap_err().is_out_of_memory());
    task.finish().unwrap();
}
