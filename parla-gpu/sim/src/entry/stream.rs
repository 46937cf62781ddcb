//! Streams and the functions of the program that run in them.

use super::entries;
use crate::abi::{HostFunction, Opaque, Out, StreamCallback};
use crate::codes::Code;
use crate::event::Event;
use crate::handle::Handle;
use crate::stream::{NON_BLOCKING, Operation, Stream};
use crate::{context, driver};

entries! { $ stream_entries;

fn cuStreamCreate(stream: Out<Handle>, flags: u32) {
    create(stream, flags, 0)
}

fn cuStreamCreateWithPriority(stream: Out<Handle>, flags: u32, priority: i32) {
    create(stream, flags, priority)
}

fn cuStreamDestroy_v2(stream: Handle) {
    let found = Stream::find(stream)?;
    // Default streams are nobody's to destroy.
    driver().streams.remove(found.handle()).map(drop).ok_or(Code::INVALID_HANDLE)
}

fn cuStreamQuery(stream: Handle) {
    Stream::find(stream)?.query()
}

fn cuStreamSynchronize(stream: Handle) {
    Stream::find(stream)?.synchronize()
}

fn cuStreamWaitEvent(stream: Handle, event: Handle, flags: u32) {
    if flags > 1 {
        return Err(Code::INVALID_VALUE);
    }
    Stream::find(stream)?.wait(&*Event::find(event)?)
}

fn cuStreamGetFlags(stream: Handle, flags: Out<u32>) {
    flags.check()?;
    flags.set(Stream::find(stream)?.flags())
}

fn cuStreamGetPriority(stream: Handle, priority: Out<i32>) {
    priority.check()?;
    priority.set(Stream::find(stream)?.priority())
}

fn cuStreamGetCtx(stream: Handle, context: Out<Handle>) {
    context.check()?;
    context.set(Stream::find(stream)?.context().handle())
}

fn cuStreamGetId(stream: Handle, id: Out<u64>) {
    id.check()?;
    id.set(Stream::find(stream)?.handle())
}

fn cuStreamAddCallback(stream: Handle, function: StreamCallback, data: Opaque, flags: u32) {
    if function.is_null() || flags != 0 {
        return Err(Code::INVALID_VALUE);
    }
    Stream::find(stream)?.submit(Operation::Callback(function, data))
}

fn cuLaunchHostFunc(stream: Handle, function: HostFunction, data: Opaque) {
    if function.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    Stream::find(stream)?.submit(Operation::Host(function, data))
}
}

fn create(stream: Out<Handle>, flags: u32, priority: i32) -> Result<(), Code> {
    stream.check()?;
    if flags & !NON_BLOCKING != 0 {
        return Err(Code::INVALID_VALUE);
    }
    stream.set(Stream::create(context::current()?, flags, priority))
}
