//! Faults: those that kernels make and how they are reported, and those that a test asks for.

use crate::codes::Code;
use crate::ptx::{self, FaultKind};
use crate::trace::{Kind, next_instant};
use crate::{context, driver};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why an operation failed on the device, with what is known of where.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) report: FaultReport,
}

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            report: FaultReport {
                code,
                message: message.into(),
                kernel: None,
                block: None,
                thread: None,
                address: None,
            },
        }
    }

    /// The memory that a copy or fill was to touch was freed before it ran.
    pub(crate) fn freed(kind: Kind, address: u64) -> Self {
        let message = format!("{kind:?} of memory at {address:#x} that was freed before it ran");
        let mut fault = Self::new(Code::ILLEGAL_ADDRESS, message);
        fault.report.address = Some(address);
        fault
    }

    /// What a kernel was stopped for.
    pub(crate) fn of_kernel(fault: ptx::Fault) -> Self {
        let (code, address) = match &fault.kind {
            FaultKind::Access { address, .. } => (Code::ILLEGAL_ADDRESS, Some(*address)),
            FaultKind::Misaligned { address, .. } => (Code::MISALIGNED_ADDRESS, Some(*address)),
            FaultKind::Deadlock(_) | FaultKind::StepLimit(_) => (Code::LAUNCH_TIMEOUT, None),
            FaultKind::InvalidOperand(_) | FaultKind::Breakpoint => {
                (Code::ILLEGAL_INSTRUCTION, None)
            }
            FaultKind::StackOverflow(_) => (Code::HARDWARE_STACK_ERROR, None),
            FaultKind::Trap | FaultKind::Cancelled => (Code::LAUNCH_FAILED, None),
            FaultKind::Assertion(_) => (Code::ASSERT, None),
        };
        Self {
            code,
            report: FaultReport {
                code,
                message: fault.to_string(),
                kernel: Some(fault.kernel),
                block: Some(fault.block),
                thread: Some(fault.thread),
                address,
            },
        }
    }

    pub(crate) fn report(self) -> FaultReport {
        self.report
    }
}

/// What is known of the last fault of a device: more than the code that CUDA has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultReport {
    /// The code that every call on the context returns since.
    pub code: Code,
    /// What went wrong and where, in words.
    pub message: String,
    /// The kernel, if it was one.
    pub kernel: Option<String>,
    /// The block's index in the grid.
    pub block: Option<[u32; 3]>,
    /// The thread's index in its block.
    pub thread: Option<[u32; 3]>,
    /// The address that was touched, if it was that.
    pub address: Option<u64>,
}

impl fmt::Display for FaultReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The report of the last fault on a device; none if there was none since the process began.
#[must_use]
pub fn last_fault(device: usize) -> Option<FaultReport> {
    let devices = driver().devices();
    let last = devices.get(device)?.last_fault.lock();
    last.unwrap_or_else(PoisonError::into_inner).clone()
}

/// Which call or operation is to fail: the next of its kind, or the n-th.
#[derive(Debug, Clone)]
#[must_use]
pub struct Injection {
    target: Target,
    device: Option<usize>,
    nth: u64,
}

#[derive(Debug, Clone)]
enum Target {
    Call(String),
    AnyCall,
    Execution,
}

impl Injection {
    /// A call of that entry point.
    pub fn call(name: impl Into<String>) -> Self {
        Self::new(Target::Call(name.into()))
    }

    /// A call of any entry point.
    pub fn any_call() -> Self {
        Self::new(Target::AnyCall)
    }

    /// The execution of a kernel, copy or fill: the call that asked for it succeeds, and the
    /// failure stays in the context, as with a fault of the kernel's own.
    pub fn execution() -> Self {
        Self::new(Target::Execution)
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            device: None,
            nth: 1,
        }
    }

    /// Only what is done on that device (for calls, that of the current context) counts.
    pub fn on(mut self, device: usize) -> Self {
        self.device = Some(device);
        self
    }

    /// The n-th from now on, from 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth.max(1);
        self
    }

    /// Counts something that happened; whether it is the one to fail.
    fn hits(&mut self, device: Option<usize>) -> bool {
        if self.device.is_some() && self.device != device {
            return false;
        }
        self.nth -= 1;
        self.nth == 0
    }
}

/// A failure that was asked for. Without this it is forgotten.
#[derive(Debug)]
#[must_use = "the failure is forgotten when this is dropped"]
pub struct Injected(u64);

/// Asks for a failure with that code, which happens once.
///
/// ```
/// use parla_cuda_sim::Code;
/// use parla_cuda_sim::faults::{Injection, inject};
///
/// // the third allocation on the second device fails
/// let third = Injection::call("cuMemAlloc_v2").on(1).nth(3);
/// let injected = inject(third, Code::OUT_OF_MEMORY);
/// assert!(!injected.has_happened());
/// ```
pub fn inject(injection: Injection, code: Code) -> Injected {
    let id = next_instant();
    let faults = &driver().faults;
    faults.state().injections.insert(id, (injection, code));
    faults.note();
    Injected(id)
}

impl Injected {
    /// Whether the failure has happened.
    #[must_use]
    pub fn has_happened(&self) -> bool {
        !driver().faults.state().injections.contains_key(&self.0)
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        driver().faults.state().injections.remove(&self.0);
        driver().faults.note();
    }
}

/// A lost device. Without this it is back, but what failed meanwhile stays so.
#[derive(Debug)]
#[must_use = "the device is back when this is dropped"]
pub struct Lost(usize);

/// Makes a device fail as if it had fallen off the bus: every call on any context of it, old or
/// new, returns the code, and nothing runs on it.
pub fn lose(device: usize, code: Code) -> Lost {
    let faults = &driver().faults;
    faults.state().lost.insert(device, code);
    faults.note();
    Lost(device)
}

impl Drop for Lost {
    fn drop(&mut self) {
        driver().faults.state().lost.remove(&self.0);
        driver().faults.note();
    }
}

/// How many calls of entry points there were in the process. A test that fails each call in turn
/// runs its program once to learn how many there are.
#[must_use]
pub fn call_count() -> u64 {
    driver().faults.state().calls.values().sum()
}

/// How many of them were made while the current context was of that device: those that
/// [`Injection::any_call`] `.on(device)` counts.
#[must_use]
pub fn call_count_on(device: usize) -> u64 {
    let calls = &driver().faults.state().calls;
    calls.get(&Some(device)).copied().unwrap_or(0)
}

/// The failures that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Whether there are any, so that what runs often need not look.
    any: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    injections: BTreeMap<u64, (Injection, Code)>,
    lost: HashMap<usize, Code>,
    /// Calls, by the device of the current context.
    calls: HashMap<Option<usize>, u64>,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of whether there are any.
    fn note(&self) {
        let state = self.state();
        let any = !state.injections.is_empty() || !state.lost.is_empty();
        // Release: pairs with the load in `any`; the lock does the rest.
        self.any.store(any, Ordering::Release);
    }

    fn any(&self) -> bool {
        // Acquire: pairs with the store in `note`.
        self.any.load(Ordering::Acquire)
    }

    /// Counts a call, which fails if that was asked for.
    pub(crate) fn count(&self, name: &str) -> Result<(), Code> {
        let device = context::current_even_failed().ok();
        let device = device.map(|context| context.device().ordinal());
        *self.state().calls.entry(device).or_default() += 1;
        self.hit(device, |target| match target {
            Target::Call(wanted) => wanted == name,
            Target::AnyCall => true,
            Target::Execution => false,
        })
    }

    /// Counts an operation that is about to run, which fails if that was asked for.
    pub(crate) fn execution(&self, device: usize) -> Result<(), Fault> {
        self.hit(Some(device), |target| matches!(target, Target::Execution))
            .map_err(|code| Fault::new(code, "a failure that a test asked for"))
    }

    /// The code that a lost device answers with.
    pub(crate) fn lost(&self, device: usize) -> Option<Code> {
        if !self.any() {
            return None;
        }
        self.state().lost.get(&device).copied()
    }

    /// Counts for all injections of the target; those that are hit are done.
    fn hit(&self, device: Option<usize>, is_target: impl Fn(&Target) -> bool) -> Result<(), Code> {
        if !self.any() {
            return Ok(());
        }
        let mut hit = Ok(());
        self.state().injections.retain(|_, (injection, code)| {
            let hits = is_target(&injection.target) && injection.hits(device);
            if hits {
                hit = Err(*code);
            }
            !hits
        });
        hit
    }
}
