//! Contexts: making, choosing and asking them.

use super::device::CONTEXT_FLAGS;
use super::entries;
use crate::abi::Out;
use crate::codes::Code;
use crate::context::{self, Context, LIMITS};
use crate::driver;
use crate::graph::{self, Capture};
use crate::handle::Handle;
use crate::stream::PRIORITIES;

/// `CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH`
const DEVICE_RUNTIME_SYNCHRONISE_DEPTH: u32 = 3;

entries! { $ context_entries;

fn cuCtxCreate_v2(context: Out<Handle>, flags: u32, device: i32) {
    context.check()?;
    if flags & !CONTEXT_FLAGS != 0 {
        return Err(Code::INVALID_VALUE);
    }
    let made = Context::create(driver().device(device)?, flags);
    context::push(made.handle())?;
    context.set(made.handle())
}

fn cuCtxDestroy_v2(context: Handle) {
    context::destroy(context)
}

fn cuCtxPushCurrent_v2(context: Handle) {
    context::push(context)
}

fn cuCtxPopCurrent_v2(context: Out<Handle>) {
    let popped = context::pop()?;
    context.set_if_wanted(popped);
    Ok(())
}

fn cuCtxSetCurrent(context: Handle) {
    context::set_current(context)
}

fn cuCtxGetCurrent(context: Out<Handle>) {
    context.set(context::current_handle().unwrap_or(0))
}

fn cuCtxGetDevice(device: Out<i32>) {
    device.check()?;
    device.set(context::current_even_failed()?.device().number())
}

fn cuCtxGetId(context: Handle, id: Out<u64>) {
    id.check()?;
    id.set(given_or_current(context)?.handle())
}

fn cuCtxGetFlags(flags: Out<u32>) {
    flags.check()?;
    flags.set(context::current()?.flags())
}

fn cuCtxGetApiVersion(context: Handle, version: Out<u32>) {
    version.check()?;
    given_or_current(context)?;
    // That of the interface of contexts, which is older than the driver's.
    version.set(3020)
}

fn cuCtxGetLimit(value: Out<usize>, limit: u32) {
    value.check()?;
    value.set(context::current()?.state().limits[limit_index(limit)?])
}

fn cuCtxSetLimit(limit: u32, value: usize) {
    let context = context::current()?;
    let index = limit_index(limit)?;
    // Devices of compute capability 9.0 have lost it.
    if limit == DEVICE_RUNTIME_SYNCHRONISE_DEPTH {
        return Err(Code::UNSUPPORTED_LIMIT);
    }
    context.state().limits[index] = value;
    Ok(())
}

fn cuCtxGetCacheConfig(config: Out<u32>) {
    config.check()?;
    config.set(context::current()?.state().cache)
}

fn cuCtxSetCacheConfig(config: u32) {
    if config > 3 {
        return Err(Code::INVALID_VALUE);
    }
    context::current()?.state().cache = config;
    Ok(())
}

fn cuCtxGetSharedMemConfig(config: Out<u32>) {
    config.check()?;
    context::current()?;
    // `CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE`: devices that could choose are long gone.
    config.set(1)
}

fn cuCtxSetSharedMemConfig(config: u32) {
    if config > 2 {
        return Err(Code::INVALID_VALUE);
    }
    context::current().map(drop)
}

fn cuCtxResetPersistingL2Cache() {
    context::current().map(drop)
}

fn cuCtxGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>) {
    context::current()?;
    least.set_if_wanted(*PRIORITIES.end());
    greatest.set_if_wanted(*PRIORITIES.start());
    Ok(())
}

fn cuCtxSynchronize() {
    let context = context::current()?;
    let is_here = |capture: &Capture| capture.context() == context.handle();
    graph::refuse(is_here, Code::STREAM_CAPTURE_UNSUPPORTED)?;
    let engine = &driver().engine;
    engine.wait(&engine.of_context(context.handle()));
    context.check()
}

fn cuCtxEnablePeerAccess(peer: Handle, flags: u32) {
    if flags != 0 {
        return Err(Code::INVALID_VALUE);
    }
    let context = context::current()?;
    let peer = context::find(peer)?;
    if peer.device().ordinal() == context.device().ordinal() {
        return Err(Code::INVALID_DEVICE);
    }
    if !context.state().peers.insert(peer.handle()) {
        return Err(Code::PEER_ACCESS_ALREADY_ENABLED);
    }
    Ok(())
}

fn cuCtxDisablePeerAccess(peer: Handle) {
    let context = context::current()?;
    context::find(peer)?;
    if !context.state().peers.remove(&peer) {
        return Err(Code::PEER_ACCESS_NOT_ENABLED);
    }
    Ok(())
}
}

fn given_or_current(context: Handle) -> Result<std::sync::Arc<Context>, Code> {
    if context == 0 {
        context::current()
    } else {
        context::find(context)
    }
}

fn limit_index(limit: u32) -> Result<usize, Code> {
    usize::try_from(limit)
        .ok()
        .filter(|index| *index < LIMITS)
        .ok_or(Code::UNSUPPORTED_LIMIT)
}
