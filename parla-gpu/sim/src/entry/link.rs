//! Linking PTX.

use super::entries;
use crate::abi::{In, Out, Text};
use crate::codes::Code;
use crate::handle::Handle;
use crate::module::Link;
use crate::{context, driver};
use std::ffi::c_void;

/// `CU_JIT_INPUT_PTX`, and as many kinds of input as there are.
const PTX: u32 = 1;
const KINDS: u32 = 6;

entries! { $ link_entries;

fn cuLinkCreate_v2(_count: u32, _options: In<u32>, _values: In<u64>, link: Out<Handle>) {
    link.check()?;
    context::current()?;
    link.set(Link::create())
}

fn cuLinkAddData_v2(
    link: Handle,
    kind: u32,
    data: In<u8>,
    bytes: usize,
    _name: Text,
    _count: u32,
    _options: In<u32>,
    _values: In<u64>,
) {
    is_ptx(kind)?;
    Link::find(link)?.add(&data.get_all(bytes)?)
}

fn cuLinkAddFile_v2(
    link: Handle,
    kind: u32,
    path: Text,
    _count: u32,
    _options: In<u32>,
    _values: In<u64>,
) {
    is_ptx(kind)?;
    let data = std::fs::read(path.get()?).map_err(|_| Code::FILE_NOT_FOUND)?;
    Link::find(link)?.add(&data)
}

fn cuLinkComplete(link: Handle, image: Out<*const c_void>, bytes: Out<usize>) {
    image.check()?;
    let linked = Link::find(link)?.complete()?;
    bytes.set_if_wanted(linked.len());
    image.set(linked.as_ptr().cast())
}

fn cuLinkDestroy(link: Handle) {
    driver().links.remove(link).map(drop).ok_or(Code::INVALID_HANDLE)
}
}

fn is_ptx(kind: u32) -> Result<(), Code> {
    match kind {
        PTX => Ok(()),
        kind if kind < KINDS => Err(Code::NOT_SUPPORTED),
        _ => Err(Code::INVALID_VALUE),
    }
}
