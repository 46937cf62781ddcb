//! Capturing streams.

use super::entries;
use crate::abi::Out;
use crate::codes::Code;
use crate::graph::{self, Mode, Status};
use crate::handle::Handle;
use crate::stream::Stream;

/// `CU_STREAM_CAPTURE_STATUS_NONE` and its like.
const NONE: u32 = 0;
const ACTIVE: u32 = 1;
const INVALIDATED: u32 = 2;

entries! { $ capture_entries;

fn cuStreamBeginCapture_v2(stream: Handle, mode: u32) {
    Stream::find(stream)?.begin_capture(Mode::from_number(mode)?)
}

fn cuStreamEndCapture(stream: Handle, graph: Out<Handle>) {
    graph.set(0)?;
    let stream = Stream::find(stream)?;
    let capture = stream.capture().ok_or(Code::ILLEGAL_STATE)?;
    graph.set(capture.end(stream.handle())?.handle())
}

fn cuStreamIsCapturing(stream: Handle, status: Out<u32>) {
    status.check()?;
    status.set(status_of(&*Stream::find(stream)?).0)
}

fn cuStreamGetCaptureInfo(stream: Handle, status: Out<u32>, id: Out<u64>) {
    status.check()?;
    let (number, capture) = status_of(&*Stream::find(stream)?);
    id.set_if_wanted(capture);
    status.set(number)
}

fn cuThreadExchangeStreamCaptureMode(mode: Out<u32>) {
    let before = graph::exchange_mode(Mode::from_number(mode.get()?)?);
    mode.set(before.number())
}
}

/// How a stream's capture stands, and its handle.
fn status_of(stream: &Stream) -> (u32, Handle) {
    match stream.capture() {
        None => (NONE, 0),
        Some(capture) => match capture.status() {
            Status::Active => (ACTIVE, capture.handle()),
            Status::Invalidated => (INVALIDATED, capture.handle()),
            Status::Ended => (NONE, 0),
        },
    }
}
