//! What CUDA promises to those who use `cust`, shown through `cust`'s own interface. Runs on a real
//! GPU if there is one, else on a simulated one, which so is held to the same promises;
//! `PARLA_REQUIRE_GPU=1` has it fail without a real one.

#![expect(unsafe_code, reason = "chooses the driver")]

mod calls;
mod contexts;
mod events;
mod faults;
mod launches;
mod memory;
mod modules;
mod streams;

use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::time::Duration;

use cust::CudaFlags;
use cust::context::Context;
use cust::device::Device;
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use parla_cuda_shim::{Driver, driver, install, probe};

/// Far beyond what anything here takes: a hang fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first device with the driver started, for one test at a time: the primary context of a device
/// is the process's, and so is what is free of its memory.
struct Machine {
    device: Device,
    _alone: MutexGuard<'static, ()>,
}

impl Machine {
    /// Without a context.
    fn bare() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        start();
        Self {
            device: Device::get_device(0).unwrap(),
            _alone: alone,
        }
    }

    /// With its primary context, which is current on this thread.
    fn new() -> (Self, Context) {
        let machine = Self::bare();
        let context = Context::new(machine.device).unwrap();
        (machine, context)
    }
}

/// Chooses the driver by the rules of `parla_gpu::Gpus`, which itself would keep a context.
fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let is = |name, value| env::var(name).is_ok_and(|it| it.starts_with(value));
        if is("PARLA_GPUS", "sim") || is("PARLA_CUDA_DRIVER", "sim") || probe().is_err() {
            // SAFETY: it gives null or functions with the signatures of CUDA's interface.
            unsafe { install("parla-cuda-sim", parla_cuda_sim::lookup) }.unwrap();
        }
        let is_simulated = matches!(driver(), Driver::InProcess(_));
        assert!(
            !(is("PARLA_REQUIRE_GPU", "1") && is_simulated),
            "`PARLA_REQUIRE_GPU` is set"
        );
        cust::init(CudaFlags::empty()).unwrap();
    });
}

fn kernels() -> Module {
    Module::from_ptx(include_str!("kernels.ptx"), &[]).unwrap()
}

fn stream() -> Stream {
    Stream::new(StreamFlags::DEFAULT, None).unwrap()
}

/// Holds a stream back, at the latest until it is dropped.
struct Gate {
    sender: mpsc::Sender<()>,
    gave_up: Arc<AtomicBool>,
}

impl Gate {
    fn close(stream: &Stream) -> Self {
        let (sender, opened) = mpsc::channel::<()>();
        let gave_up = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&gave_up);
        let wait = move || {
            let result = opened.recv_timeout(PATIENCE);
            mark.store(result == Err(RecvTimeoutError::Timeout), Ordering::SeqCst);
        };
        stream.add_callback(Box::new(wait)).unwrap();
        Self { sender, gave_up }
    }

    fn open(self) {
        drop(self.sender);
        let gave_up = self.gave_up.load(Ordering::SeqCst);
        assert!(!gave_up, "something has waited for what was held back");
    }
}

/// Runs a test that leaves its process without a usable context in a process of its own: true in
/// that one, false, when it has passed there, in the one that asked.
fn in_own_process(test: &str) -> bool {
    const VARIABLE: &str = "PARLA_TEST_IN_OWN_PROCESS";
    if env::var_os(VARIABLE).is_some() {
        return true;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}
