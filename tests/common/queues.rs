//! A device with queues whose work is done when the test says so, and that writes down what it was
//! told.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::any::Any;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex};

use parla::{
    Bytes, Device, DeviceError, DeviceId, DeviceKind, DeviceProvider, Fence, FoundDevices, Lease,
    LeaseRequest, WhenDone,
};

/// Several such devices, and what happens on them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queues {
    devices: usize,
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    log: Vec<String>,
    /// Work that is queued and not done: whose, after whose, and whom to tell.
    queued: VecDeque<Queued>,
    /// The next request for that task's lease fails.
    refused: Option<(String, DeviceError)>,
    /// So does the end of that task's body.
    unsealed: Option<(String, DeviceError)>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Queues {
    pub(crate) fn new(devices: usize) -> Self {
        Self {
            devices,
            shared: Arc::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.0.lock().expect("no panic under the lock")
    }

    fn note(&self, what: String) {
        self.state().log.push(what);
        self.shared.1.notify_all();
    }

    /// What happened so far, in order.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// Waits until that has happened.
    pub(crate) fn wait_for(&self, what: &str) {
        let mut state = self.state();
        let mut seen = 0;
        while !state.log[seen..].iter().any(|entry| entry == what) {
            seen = state.log.len();
            state = self.shared.1.wait(state).expect("no panic under the lock");
        }
    }

    /// The lease of that task is refused.
    pub(crate) fn refuse(&self, task: &str, error: DeviceError) {
        self.state().refused = Some((task.to_owned(), error));
    }

    /// The body of that task ends on a device that reports an error.
    pub(crate) fn unseal(&self, task: &str, error: DeviceError) {
        self.state().unsealed = Some((task.to_owned(), error));
    }

    /// Waits until the task's body has ended, and then has its work done.
    pub(crate) fn finish(&self, task: &str) {
        self.finish_with(task, Ok(()));
    }

    pub(crate) fn finish_with(&self, task: &str, result: Result<(), DeviceError>) {
        let mut state = self.state();
        let at = loop {
            let found = state.queued.iter().rposition(|work| work.task == task);
            match found {
                Some(at) => break at,
                None => state = self.shared.1.wait(state).expect("no panic under the lock"),
            }
        };
        let work = state.queued.remove(at).expect("it was just seen");
        drop(state);
        self.note(format!("done {task}"));
        work.finish(result);
    }

    /// Does any work that waits for no other, drawn by `draw` from so many, until nothing is left
    /// and `is_over`. For a thread beside the test.
    pub(crate) fn work(&self, mut draw: impl FnMut(usize) -> usize, is_over: impl Fn() -> bool) {
        loop {
            let mut state = self.state();
            let open: Vec<_> = state.queued.iter().map(|work| work.task.clone()).collect();
            let is_ready = |at: &usize| !state.queued[*at].after.iter().any(|it| open.contains(it));
            let ready: Vec<_> = (0..open.len()).filter(is_ready).collect();
            if ready.is_empty() {
                if is_over() {
                    return;
                }
                drop(state);
                std::thread::yield_now();
                continue;
            }
            let work = state.queued.remove(ready[draw(ready.len())]);
            drop(state);
            work.expect("it was just seen").finish(Ok(()));
        }
    }
}

/// What one lease has queued.
struct Queued {
    task: String,
    after: Vec<String>,
    jobs: Vec<Job>,
    done: WhenDone,
}

type Job = Box<dyn FnOnce() + Send>;

impl Queued {
    fn finish(self, result: Result<(), DeviceError>) {
        self.jobs.into_iter().for_each(|job| job());
        (self.done)(result);
    }
}

/// An error of the device.
pub(crate) fn broken(text: &'static str) -> Box<dyn Error + Send + Sync> {
    text.into()
}

impl DeviceProvider for Queues {
    fn find(&self) -> FoundDevices {
        let device = |number| {
            Box::new(QueueDevice {
                id: DeviceId::new(DeviceKind::Gpu, number),
                queues: self.clone(),
            }) as Box<dyn Device>
        };
        FoundDevices {
            devices: (0..self.devices).map(device).collect(),
            note: Some("the test has no others".to_owned()),
        }
    }
}

#[derive(Debug)]
struct QueueDevice {
    id: DeviceId,
    queues: Queues,
}

impl Device for QueueDevice {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn name(&self) -> &'static str {
        "a device of the test"
    }

    fn memory(&self) -> Bytes {
        Bytes::new(1000)
    }

    fn has_queues(&self) -> bool {
        true
    }

    fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<Arc<dyn Lease>>, DeviceError> {
        let task = request.task.to_string();
        let refused = self
            .queues
            .state()
            .refused
            .take_if(|(name, _)| *name == task);
        if let Some((_, error)) = refused {
            return Err(error);
        }
        self.queues.note(format!("lease {task} {}", self.id));
        Ok(Some(Arc::new(QueueLease {
            task,
            queues: self.queues.clone(),
            after: Mutex::default(),
            jobs: Mutex::default(),
        })))
    }
}

/// The lease of one task.
pub(crate) struct QueueLease {
    pub(crate) task: String,
    queues: Queues,
    after: Mutex<Vec<String>>,
    jobs: Mutex<Vec<Job>>,
}

impl QueueLease {
    /// Queues work.
    pub(crate) fn queue(&self, job: impl FnOnce() + Send + 'static) {
        let mut jobs = self.jobs.lock().expect("no panic under the lock");
        jobs.push(Box::new(job));
    }
}

impl fmt::Debug for QueueLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("QueueLease").field(&self.task).finish()
    }
}

#[derive(Debug)]
struct QueueFence(String);

impl Fence for QueueFence {
    fn wait_blocking(&self) -> Result<(), DeviceError> {
        Err(DeviceError::new("the test never blocks"))
    }
}

impl Lease for QueueLease {
    fn wait_for(&self, fence: &Arc<dyn Fence>) -> Result<(), DeviceError> {
        let fence: Arc<dyn Any + Send + Sync> = fence.clone();
        let fence = fence
            .downcast::<QueueFence>()
            .expect("a fence of this device");
        self.queues
            .note(format!("{} waits for {}", self.task, fence.0));
        self.after
            .lock()
            .expect("no panic under the lock")
            .push(fence.0.clone());
        Ok(())
    }

    fn seal(self: Arc<Self>, _is_awaited: bool) -> Result<Arc<dyn Fence>, DeviceError> {
        let unsealed = self
            .queues
            .state()
            .unsealed
            .take_if(|(name, _)| *name == self.task);
        if let Some((_, error)) = unsealed {
            return Err(error);
        }
        self.queues.note(format!("seal {}", self.task));
        Ok(Arc::new(QueueFence(self.task.clone())))
    }

    fn when_done(&self, then: WhenDone) {
        let work = Queued {
            task: self.task.clone(),
            after: std::mem::take(&mut *self.after.lock().expect("no panic under the lock")),
            jobs: std::mem::take(&mut *self.jobs.lock().expect("no panic under the lock")),
            done: then,
        };
        self.queues.state().queued.push_back(work);
        self.queues.shared.1.notify_all();
    }
}

impl Drop for QueueLease {
    fn drop(&mut self) {
        self.queues.note(format!("drop {}", self.task));
    }
}
