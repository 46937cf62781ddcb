//! Events.

use super::entries;
use crate::abi::Out;
use crate::codes::Code;
use crate::event::Event;
use crate::handle::Handle;
use crate::stream::Stream;
use crate::{context, driver};

/// `CU_EVENT_BLOCKING_SYNC`, `CU_EVENT_DISABLE_TIMING`, `CU_EVENT_INTERPROCESS`
const FLAGS: u32 = 1 | DISABLE_TIMING | INTERPROCESS;
const DISABLE_TIMING: u32 = 2;
const INTERPROCESS: u32 = 4;

entries! { $ event_entries;

fn cuEventCreate(event: Out<Handle>, flags: u32) {
    event.check()?;
    let has_timing = flags & DISABLE_TIMING == 0;
    if flags & !FLAGS != 0 || (flags & INTERPROCESS != 0 && has_timing) {
        return Err(Code::INVALID_VALUE);
    }
    let context = context::current()?;
    event.set(Event::create(&context, has_timing))
}

fn cuEventDestroy_v2(event: Handle) {
    let event = Event::find(event)?;
    driver().events.remove(event.handle());
    Ok(())
}

fn cuEventRecord(event: Handle, stream: Handle) {
    Event::find(event)?.record(&*Stream::find(stream)?)
}

fn cuEventRecordWithFlags(event: Handle, stream: Handle, flags: u32) {
    if flags > 1 {
        return Err(Code::INVALID_VALUE);
    }
    Event::find(event)?.record(&*Stream::find(stream)?)
}

fn cuEventQuery(event: Handle) {
    Event::find(event)?.query()
}

fn cuEventSynchronize(event: Handle) {
    Event::find(event)?.synchronize()
}

fn cuEventElapsedTime(milliseconds: Out<f32>, start: Handle, end: Handle) {
    milliseconds.check()?;
    milliseconds.set(Event::find(start)?.milliseconds_until(&*Event::find(end)?)?)
}
}
