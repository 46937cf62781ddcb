//! Tasks on a device with queues, whose work ends on a thread of its own, at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parla_runtime::{
    Bytes, Device, DeviceError, DeviceId, DeviceKind, DeviceProvider, Fence, FoundDevices, Lease,
    LeaseRequest, Placement, Runtime, TaskErrorKind, TaskSpace, WhenDone,
};
use shuttle::sync::{Condvar, Mutex};

use crate::explore::{dawdle, draw, explore};

/// One device, and the work that is queued on it.
#[derive(Debug, Clone, Default)]
struct Queues(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    queued: Vec<(String, Vec<String>, WhenDone)>,
    is_over: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl Queues {
    /// Does the work, in any order that the fences allow; that of some tasks fails.
    fn work(&self, fails: impl Fn(&str) -> bool, done: impl Fn(&str)) {
        loop {
            let mut state = self.0.0.lock().unwrap();
            let open: Vec<_> = state.queued.iter().map(|(task, ..)| task.clone()).collect();
            let is_ready = |at: &usize| !state.queued[*at].1.iter().any(|it| open.contains(it));
            let ready: Vec<_> = (0..open.len()).filter(is_ready).collect();
            if ready.is_empty() {
                if state.is_over {
                    return;
                }
                drop(self.0.1.wait(state).unwrap());
                continue;
            }
            let (task, _, then) = state.queued.remove(ready[draw().usize(..ready.len())]);
            drop(state);
            dawdle();
            done(&task);
            then(match fails(&task) {
                true => Err(DeviceError::new("the work failed")),
                false => Ok(()),
            });
        }
    }

    fn end(&self) {
        self.0.0.lock().unwrap().is_over = true;
        self.0.1.notify_all();
    }
}

impl DeviceProvider for Queues {
    fn find(&self) -> FoundDevices {
        FoundDevices {
            devices: vec![Box::new(QueueDevice(self.clone()))],
            note: None,
        }
    }
}

#[derive(Debug)]
struct QueueDevice(Queues);

impl Device for QueueDevice {
    fn id(&self) -> DeviceId {
        DeviceId::new(DeviceKind::Gpu, 0)
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
        Ok(Some(Arc::new(QueueLease {
            task: request.task.to_string(),
            after: Mutex::default(),
            queues: self.0.clone(),
        })))
    }
}

#[derive(Debug)]
struct QueueLease {
    task: String,
    after: Mutex<Vec<String>>,
    queues: Queues,
}

#[derive(Debug)]
struct QueueFence(String);

impl Fence for QueueFence {
    fn wait_blocking(&self) -> Result<(), DeviceError> {
        unreachable!("there is one kind of device with queues")
    }
}

impl Lease for QueueLease {
    fn wait_for(&self, fence: &Arc<dyn Fence>) -> Result<(), DeviceError> {
        let fence: Arc<dyn std::any::Any + Send + Sync> = fence.clone();
        let fence = fence
            .downcast::<QueueFence>()
            .expect("a fence of this device");
        self.after.lock().unwrap().push(fence.0.clone());
        Ok(())
    }

    fn seal(self: Arc<Self>, _is_awaited: bool) -> Result<Arc<dyn Fence>, DeviceError> {
        Ok(Arc::new(QueueFence(self.task.clone())))
    }

    fn when_done(&self, then: WhenDone) {
        let after = self.after.lock().unwrap().clone();
        let work = (self.task.clone(), after, then);
        self.queues.0.0.lock().unwrap().queued.push(work);
        self.queues.0.1.notify_all();
    }
}

/// Runs a program beside the thread of the device.
fn with_device(
    workers: usize,
    fails: impl Fn(&str) -> bool + Send + 'static,
    done: impl Fn(&str) + Send + 'static,
    program: impl FnOnce(Runtime),
) {
    let queues = Queues::default();
    let device = queues.clone();
    let device = shuttle::thread::spawn(move || device.work(fails, done));
    let builder = Runtime::builder().workers(workers).memory(1_u64 << 30);
    let runtime = builder.devices(queues.clone()).build();
    program(runtime.expect("shuttle refuses no threads"));
    queues.end();
    device.join().expect("it does not panic");
}

fn number(task: &str) -> usize {
    let digits = task.trim_start_matches("T[").trim_end_matches(']');
    digits.parse().expect("a task of the test")
}

/// Every task ends as it must, whichever of its dependencies is on the device and fails there, and
/// nobody on the host starts before the work that it depends on is done.
#[test]
fn graphs_on_the_host_and_on_a_device_end_as_they_must() {
    explore(1500, || {
        const TASKS: usize = 5;
        let mut rng = draw();
        let fails: Vec<bool> = (0..TASKS).map(|_| rng.u32(..5) == 0).collect();
        let on_device: Vec<bool> = (0..TASKS).map(|_| rng.u32(..3) > 0).collect();
        let deps: Vec<Vec<usize>> = (0..TASKS)
            .map(|i| (0..i).filter(|_| rng.bool()).collect())
            .collect();
        let mut order: Vec<usize> = (0..TASKS).collect();
        rng.shuffle(&mut order);
        let done: Arc<Vec<AtomicUsize>> =
            Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
        let (told, failing) = (done.clone(), fails.clone());
        let told = move |task: &str| {
            told[number(task)].fetch_add(1, Ordering::Relaxed);
        };
        with_device(
            rng.usize(1..=2),
            move |task| failing[number(task)],
            told,
            |runtime| {
                let ambient = runtime.enter();
                let t = TaskSpace::new("T");
                let mut tasks: Vec<_> = (0..TASKS).map(|_| None).collect();
                for i in order {
                    let (done, needs, is_host) = (done.clone(), deps[i].clone(), !on_device[i]);
                    let place = if is_host {
                        Placement::cpu()
                    } else {
                        Placement::gpu()
                    };
                    let spawning = t
                        .task(i)
                        .placement(place)
                        .deps(deps[i].iter().map(|&d| t.task(d)));
                    tasks[i] = Some(spawning.spawn(move || {
                        if is_host {
                            let is_done = |d: &usize| done[*d].load(Ordering::Relaxed) == 1;
                            assert!(needs.iter().all(is_done), "a dependency is not done");
                            done[i].fetch_add(1, Ordering::Relaxed);
                        }
                    }));
                    dawdle();
                }
                let mut is_good = vec![true; TASKS];
                for i in 0..TASKS {
                    let outcome = tasks[i].as_ref().expect("it was spawned").wait();
                    let is_ready = deps[i].iter().all(|&d| is_good[d]);
                    is_good[i] = is_ready && !(on_device[i] && fails[i]);
                    match outcome {
                        Ok(()) => assert!(is_good[i], "T[{i}]"),
                        Err(error) if is_ready => {
                            let is_own = matches!(error.kind(), TaskErrorKind::Device { .. });
                            assert!(is_own && !is_good[i], "{error}");
                        }
                        Err(error) => {
                            // A follower may have failed on its own before it was told.
                            let is_own = matches!(error.kind(), TaskErrorKind::Device { .. });
                            assert!(
                                error.is_dependency_failed() || (is_own && fails[i]),
                                "{error}"
                            );
                        }
                    }
                }
                drop((tasks, t, ambient));
                drop(runtime);
            },
        );
    });
}

/// Cancels, interrupts and the end of the runtime leave what is queued alone, and wait for it.
#[test]
fn the_end_waits_for_what_is_queued() {
    explore(1000, || {
        let mut rng = draw();
        let count = Arc::new(AtomicUsize::new(0));
        let (done, bodies) = (count.clone(), Arc::new(AtomicUsize::new(0)));
        let told = move |_: &str| {
            done.fetch_add(1, Ordering::Relaxed);
        };
        with_device(
            rng.usize(1..=2),
            |_| false,
            told,
            |runtime| {
                let t = runtime.task_space("T");
                let tasks: Vec<_> = (0..4)
                    .map(|i| {
                        let bodies = bodies.clone();
                        let place = t
                            .task(i)
                            .deps(t.task(i / 2 - 1))
                            .placement(Placement::gpu());
                        place.spawn(move || {
                            bodies.fetch_add(1, Ordering::Relaxed);
                        })
                    })
                    .collect();
                dawdle();
                match rng.u32(..3) {
                    0 => tasks[rng.usize(..4)].cancel(),
                    1 => runtime.interrupt(),
                    _ => {}
                }
                drop(t);
                drop(runtime);
                assert!(tasks.iter().all(|task| task.is_finished()));
                // What has run has been worked for.
                let (ran, done) = (
                    bodies.load(Ordering::Relaxed),
                    count.load(Ordering::Relaxed),
                );
                assert_eq!(ran, done);
            },
        );
    });
}
