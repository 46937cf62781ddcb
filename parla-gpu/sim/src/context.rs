//! Contexts: the current one of each thread, what ends with one, and the error that stays.

use crate::codes::Code;
use crate::device::Device;
use crate::driver;
use crate::faults::Fault;
use crate::handle::{self, Handle};
use std::cell::RefCell;
use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A context of a device. What is made in one ends with it.
#[derive(Debug)]
pub(crate) struct Context {
    handle: Handle,
    device: Arc<Device>,
    flags: AtomicU32,
    /// The error that a fault has left; every call returns it from then on.
    failure: OnceLock<Code>,
    /// It is about to end, and its kernels with it.
    cancelled: AtomicBool,
    state: Mutex<State>,
}

/// What the program can set.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) limits: [usize; LIMITS],
    pub(crate) cache: u32,
    /// Contexts whose memory this one's kernels may touch.
    pub(crate) peers: HashSet<Handle>,
}

/// How many limits there are.
pub(crate) const LIMITS: usize = 7;

thread_local! {
    /// Never dropped: what other locals of the thread hold may call the driver when it goes.
    static STACK: ManuallyDrop<RefCell<Vec<Handle>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

impl Context {
    fn new(handle: Handle, device: Arc<Device>, flags: u32) -> Arc<Self> {
        let context = Arc::new(Self {
            handle,
            device,
            flags: AtomicU32::new(flags),
            failure: OnceLock::new(),
            cancelled: AtomicBool::new(false),
            state: Mutex::new(State {
                // stack, output of printf, heap, depth and number of launches on the device,
                // fetches and persistence of the cache
                limits: [1024, 1 << 20, 8 << 20, 2, 2048, 64, 0],
                cache: 0,
                peers: HashSet::new(),
            }),
        });
        driver().contexts.insert(handle, Arc::clone(&context));
        context
    }

    /// `cuCtxCreate`, without making it current.
    pub(crate) fn create(device: Arc<Device>, flags: u32) -> Arc<Self> {
        Self::new(handle::fresh(), device, flags)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    pub(crate) fn device(&self) -> &Arc<Device> {
        &self.device
    }

    pub(crate) fn flags(&self) -> u32 {
        // Relaxed: a value on its own.
        self.flags.load(Ordering::Relaxed)
    }

    pub(crate) fn set_flags(&self, flags: u32) {
        // Relaxed: as above.
        self.flags.store(flags, Ordering::Relaxed);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its kernels should end.
    pub(crate) fn cancelled(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// The error that has made it unusable: a fault's, or the device is lost.
    pub(crate) fn failure(&self) -> Option<Code> {
        driver()
            .faults
            .lost(self.device.ordinal())
            .or_else(|| self.failure.get().copied())
    }

    pub(crate) fn check(&self) -> Result<(), Code> {
        self.failure().map_or(Ok(()), Err)
    }

    /// Makes it unusable, and keeps the report. The first fault counts.
    pub(crate) fn fail(&self, fault: Fault) {
        if self.failure.set(fault.code).is_ok() {
            let mut last = self.device.last_fault.lock();
            **last.as_mut().unwrap_or_else(|poison| poison.get_mut()) = Some(fault.report());
        }
    }

    /// Ends everything that was made in it. Kernels are stopped, all else of its work goes on to
    /// its end.
    fn destroy(&self) {
        let driver = driver();
        // Relaxed: kernels look at it now and then.
        self.cancelled.store(true, Ordering::Relaxed);
        driver.engine.wait(&driver.engine.of_context(self.handle));
        driver.contexts.remove(self.handle);
        driver
            .streams
            .remove_where(|stream| stream.context().handle == self.handle);
        let mut of_threads = driver
            .thread_streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        of_threads.retain(|(context, _), _| *context != self.handle);
        drop(of_threads);
        driver
            .events
            .remove_where(|event| event.context() == self.handle);
        driver
            .functions
            .remove_where(|function| function.context() == self.handle);
        driver
            .modules
            .remove_where(|module| module.context() == self.handle);
        driver.space.remove_of_context(self.handle);
        for other in driver.contexts.all() {
            other.state().peers.remove(&self.handle);
        }
    }
}

/// `cuDevicePrimaryCtxRetain`.
pub(crate) fn retain_primary(device: &Arc<Device>) -> Handle {
    let mut primary = device.primary();
    // It isn't there either if it was reset.
    if driver().contexts.get(primary.handle).is_none() {
        Context::new(primary.handle, Arc::clone(device), primary.flags);
    }
    primary.users += 1;
    primary.handle
}

/// `cuDevicePrimaryCtxRelease`: the last user ends it.
pub(crate) fn release_primary(device: &Device) -> Result<(), Code> {
    let mut primary = device.primary();
    match primary.users {
        0 => return Err(Code::INVALID_CONTEXT),
        1 => end_primary(primary.handle),
        _ => {}
    }
    primary.users -= 1;
    Ok(())
}

/// `cuDevicePrimaryCtxReset`: ends it whoever uses it. They release it nevertheless.
pub(crate) fn reset_primary(device: &Device) {
    end_primary(device.primary().handle);
}

fn end_primary(handle: Handle) {
    if let Some(context) = driver().contexts.get(handle) {
        context.destroy();
    }
}

/// `cuCtxDestroy`.
pub(crate) fn destroy(handle: Handle) -> Result<(), Code> {
    let context = driver().contexts.get(handle).ok_or(Code::INVALID_CONTEXT)?;
    if context.device.primary().handle == handle {
        return Err(Code::INVALID_CONTEXT);
    }
    context.destroy();
    STACK.with(|stack| {
        let mut stack = stack.borrow_mut();
        if stack.last() == Some(&handle) {
            stack.pop();
        }
    });
    Ok(())
}

/// The current context of this thread, or the error that is left in it.
pub(crate) fn current() -> Result<Arc<Context>, Code> {
    let context = current_even_failed()?;
    context.check()?;
    Ok(context)
}

/// The current context of this thread, for what even works after a fault.
pub(crate) fn current_even_failed() -> Result<Arc<Context>, Code> {
    let handle = current_handle().ok_or(Code::INVALID_CONTEXT)?;
    driver()
        .contexts
        .get(handle)
        .ok_or(Code::CONTEXT_IS_DESTROYED)
}

/// The handle of the current context, which may have ended.
pub(crate) fn current_handle() -> Option<Handle> {
    STACK.with(|stack| stack.borrow().last().copied())
}

/// A context by its handle.
pub(crate) fn find(handle: Handle) -> Result<Arc<Context>, Code> {
    driver().contexts.get(handle).ok_or(Code::INVALID_CONTEXT)
}

/// `cuCtxPushCurrent`.
pub(crate) fn push(handle: Handle) -> Result<(), Code> {
    find(handle)?;
    STACK.with(|stack| stack.borrow_mut().push(handle));
    Ok(())
}

/// `cuCtxPopCurrent`.
pub(crate) fn pop() -> Result<Handle, Code> {
    STACK
        .with(|stack| stack.borrow_mut().pop())
        .ok_or(Code::INVALID_CONTEXT)
}

/// `cuCtxSetCurrent`: replaces the top; null takes it away.
pub(crate) fn set_current(handle: Handle) -> Result<(), Code> {
    if handle != 0 {
        find(handle)?;
    }
    STACK.with(|stack| {
        let mut stack = stack.borrow_mut();
        stack.pop();
        if handle != 0 {
            stack.push(handle);
        }
    });
    Ok(())
}
