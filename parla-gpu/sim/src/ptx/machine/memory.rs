//! Every access of a kernel: finds the memory, checks bounds and alignment, reads and writes.

use super::Launch;
use crate::memory::Width;
use crate::ptx::fault::FaultKind;
use crate::ptx::memory::{AccessError, AddressSpace, Window, generic};
use crate::ptx::syntax::Space;

/// What local and shared memory are full of at first: who reads it before writing has a bug, which
/// zeros would hide.
pub(super) const UNWRITTEN: u8 = 0xA5;
/// Allocations that a worker remembers; beyond, it starts anew.
const REMEMBERED: usize = 64;
/// One for each of the last digits of the step that makes an access.
const HINTS: usize = 64;

/// The memories that a block can reach, but for the local one.
pub(super) struct Memory<'l> {
    space: &'l dyn AddressSpace,
    parameters: &'l [u8],
    pub(super) shared: Vec<u8>,
    windows: Vec<Window>,
    /// Which window a step used last: mostly the one that it uses next.
    hints: [u8; HINTS],
}

/// Bytes that are there and aligned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    memory: Kind,
    offset: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// By its index.
    Window(u8),
    Shared,
    Local,
    Parameter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Load,
    Store,
    Atomic,
}

/// What is to be done with some bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) space: Space,
    pub(super) address: u64,
    /// A power of two: the address must be a multiple.
    pub(super) bytes: usize,
    /// The step that asks.
    pub(super) step: usize,
}

impl<'l> Memory<'l> {
    pub(super) fn new(launch: &Launch<'l>) -> Self {
        Self {
            space: launch.space,
            parameters: launch.parameters,
            shared: Vec::new(),
            windows: Vec::new(),
            hints: [0; HINTS],
        }
    }

    /// Finds the bytes.
    #[inline]
    pub(super) fn locate(
        &mut self,
        request: Request,
        local: &[u8],
    ) -> Result<Place, Box<FaultKind>> {
        let Request {
            mut space,
            mut address,
            bytes,
            step,
            ..
        } = request;
        // A remainder of a power of two, without a division.
        if address & (bytes as u64 - 1) != 0 {
            return Err(misaligned(request));
        }
        if space == Space::Generic {
            (space, address) = generic(address);
        }
        let (memory, length) = match space {
            Space::Shared => (Kind::Shared, self.shared.len()),
            Space::Local => (Kind::Local, local.len()),
            Space::Parameter if request.action == Action::Load => {
                (Kind::Parameter, self.parameters.len())
            }
            Space::Parameter => {
                let error =
                    AccessError::Other("is not allowed: parameters are constant".to_owned());
                return Err(denied(request, space, error));
            }
            _ => {
                let hint = self.hints[step % HINTS];
                if let Some(window) = self.windows.get(usize::from(hint))
                    && let Some(offset) = inside(window, address, bytes)
                {
                    return Ok(Place {
                        memory: Kind::Window(hint),
                        offset,
                    });
                }
                return self.search(request, address);
            }
        };
        if (length as u64)
            .checked_sub(bytes as u64)
            .is_none_or(|last| address > last)
        {
            return Err(outside(request, space, address, length));
        }
        Ok(Place {
            memory,
            offset: address as usize,
        })
    }

    /// Finds an allocation that the step didn't use last.
    #[cold]
    fn search(&mut self, request: Request, address: u64) -> Result<Place, Box<FaultKind>> {
        let known = self.windows.iter().zip(0..).find_map(|(window, index)| {
            inside(window, address, request.bytes).map(|offset| (index, offset))
        });
        let (index, offset) = match known {
            Some(known) => known,
            None => {
                let window = match self.space.resolve(address, request.bytes) {
                    Ok(window) => window,
                    Err(error) => return Err(denied(request, Space::Global, error)),
                };
                let Some(offset) = inside(&window, address, request.bytes) else {
                    return Err(denied(request, Space::Global, AccessError::Unmapped));
                };
                if self.windows.len() == REMEMBERED {
                    self.windows.clear();
                }
                self.windows.push(window);
                (self.windows.len() as u8 - 1, offset)
            }
        };
        self.hints[request.step % HINTS] = index;
        Ok(Place {
            memory: Kind::Window(index),
            offset,
        })
    }

    #[inline]
    pub(super) fn read(&self, place: Place, width: Width, local: &[u8]) -> u64 {
        let bytes = match place.memory {
            Kind::Window(index) => {
                return self.windows[usize::from(index)]
                    .block
                    .load(place.offset, width);
            }
            Kind::Shared => &self.shared,
            Kind::Local => local,
            Kind::Parameter => self.parameters,
        };
        let bytes = &bytes[place.offset..];
        match width {
            Width::Bytes1 => u64::from(bytes[0]),
            Width::Bytes2 => u64::from(u16::from_le_bytes(prefix(bytes))),
            Width::Bytes4 => u64::from(u32::from_le_bytes(prefix(bytes))),
            Width::Bytes8 => u64::from_le_bytes(prefix(bytes)),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, place: Place, width: Width, value: u64, local: &mut [u8]) {
        let bytes = match place.memory {
            Kind::Window(index) => {
                return self.windows[usize::from(index)]
                    .block
                    .store(place.offset, width, value);
            }
            Kind::Shared => &mut self.shared,
            Kind::Local => local,
            // `locate` was asked for a store.
            Kind::Parameter => return,
        };
        let bytes = &mut bytes[place.offset..];
        match width {
            Width::Bytes1 => bytes[0] = value as u8,
            Width::Bytes2 => bytes[..2].copy_from_slice(&(value as u16).to_le_bytes()),
            Width::Bytes4 => bytes[..4].copy_from_slice(&(value as u32).to_le_bytes()),
            Width::Bytes8 => bytes[..8].copy_from_slice(&value.to_le_bytes()),
        }
    }

    /// Replaces a value in one step; the value before.
    #[inline]
    pub(super) fn update(
        &mut self,
        place: Place,
        width: Width,
        local: &mut [u8],
        f: impl Fn(u64) -> u64,
    ) -> u64 {
        if let Kind::Window(index) = place.memory {
            return self.windows[usize::from(index)]
                .block
                .update(place.offset, width, f);
        }
        let old = self.read(place, width, local);
        self.write(place, width, f(old), local);
        old
    }
}

impl Place {
    #[inline]
    pub(super) fn plus(self, bytes: usize) -> Self {
        Self {
            offset: self.offset + bytes,
            ..self
        }
    }
}

/// The offset in the window's block, if all the bytes are inside.
#[inline]
fn inside(window: &Window, address: u64, bytes: usize) -> Option<usize> {
    let offset = address.checked_sub(window.start)?;
    let length = window.end - window.start;
    (offset < length && length - offset >= bytes as u64).then_some(offset as usize + window.offset)
}

#[inline]
fn prefix<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut prefix = [0; N];
    prefix.copy_from_slice(&bytes[..N]);
    prefix
}

impl Request {
    /// `global store of 4 bytes`
    fn what(&self, space: Space) -> String {
        let plural = if self.bytes == 1 { "" } else { "s" };
        let action = match self.action {
            Action::Load => "load",
            Action::Store => "store",
            Action::Atomic => "atomic",
        };
        format!("{} {action} of {} byte{plural}", space.name(), self.bytes)
    }
}

#[cold]
fn misaligned(request: Request) -> Box<FaultKind> {
    Box::new(FaultKind::Misaligned {
        what: request.what(request.space),
        address: request.address,
    })
}

#[cold]
fn denied(request: Request, space: Space, error: AccessError) -> Box<FaultKind> {
    Box::new(FaultKind::Access {
        what: request.what(space),
        address: request.address,
        error,
    })
}

#[cold]
fn outside(request: Request, space: Space, address: u64, length: usize) -> Box<FaultKind> {
    let past = address.saturating_sub(length as u64);
    let error = AccessError::Other(format!(
        "is {past} bytes past the end of the {length} bytes of {} memory",
        space.name()
    ));
    denied(request, space, error)
}
