//! Copies of up to three dimensions between any two places.

use super::Place;
use crate::abi::Address;
use crate::codes::Code;
use crate::faults::Fault;
use crate::trace::Kind;
use std::sync::Arc;

/// One side of a copy: the first byte, and how far rows and planes are apart.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) place: Place,
    pub(crate) pitch: u64,
    pub(crate) slice: u64,
}

/// A copy. Those of one dimension have one row of one plane.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    /// Pageable memory of the host is a side of it.
    pub(crate) is_pageable: bool,
    pub(crate) from: Side,
    pub(crate) to: Side,
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) depth: u64,
}

/// How many bytes go through the host at once.
const CHUNK: u64 = 64 << 10;

impl Copy {
    /// So many bytes in a row.
    pub(crate) fn linear(from: Place, to: Place, bytes: u64) -> Self {
        let side = |place| Side {
            place,
            pitch: bytes,
            slice: bytes,
        };
        Self::new(side(from), side(to), [bytes, 1, 1])
    }

    /// A copy of that width in bytes, height and depth.
    pub(crate) fn new(from: Side, to: Side, [width, height, depth]: [u64; 3]) -> Self {
        Self {
            is_pageable: from.place.is_pageable() || to.place.is_pageable(),
            from,
            to,
            width,
            height,
            depth,
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.width * self.height * self.depth
    }

    pub(crate) fn kind(&self) -> Kind {
        match (self.from.place.device(), self.to.place.device()) {
            (None, None) => Kind::HostToHost,
            (None, Some(_)) => Kind::HostToDevice,
            (Some(_), None) => Kind::DeviceToHost,
            (Some(from), Some(to)) if from == to => Kind::DeviceToDevice,
            (Some(_), Some(_)) => Kind::PeerToPeer,
        }
    }

    /// Takes the source's bytes over now, as a driver does that can't let a device read them later.
    pub(crate) fn stage(self) -> Self {
        let mut bytes = vec![0; usize::try_from(self.bytes()).expect("bytes that exist")];
        let mut rest = bytes.as_mut_slice();
        for row in self.rows(&self.from) {
            let (now, later) = rest.split_at_mut(usize::try_from(self.width).expect("as above"));
            self.from.place.read(row, now);
            rest = later;
        }
        Self {
            from: Side {
                place: Place::Staged(Arc::from(bytes)),
                pitch: self.width,
                slice: self.width * self.height,
            },
            ..self
        }
    }

    /// Where each row begins on a side.
    fn rows(&self, side: &Side) -> impl Iterator<Item = u64> + use<> {
        let (pitch, slice, height) = (side.pitch, side.slice, self.height);
        (0..self.depth).flat_map(move |z| (0..height).map(move |y| z * slice + y * pitch))
    }

    /// Moves the bytes.
    pub(crate) fn run(&self) -> Result<(), Fault> {
        for side in [&self.from, &self.to] {
            if let Some(address) = side.place.gone() {
                return Err(Fault::freed(self.kind(), address));
            }
        }
        let mut buffer = vec![0; usize::try_from(self.width.min(CHUNK)).expect("not longer")];
        for (from, to) in self.rows(&self.from).zip(self.rows(&self.to)) {
            let mut done = 0;
            while done < self.width {
                let length = usize::try_from((self.width - done).min(CHUNK)).expect("not longer");
                let buffer = &mut buffer[..length];
                self.from.place.read(from + done, buffer);
                self.to.place.write(to + done, buffer);
                done += length as u64;
            }
        }
        Ok(())
    }
}

/// What a side of a copy of several dimensions is given as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) z: u64,
    pub(crate) pitch: u64,
    pub(crate) height: u64,
}

impl Side {
    /// A side from the address of its array and where in it the copy begins. The function finds the
    /// place of so many bytes.
    pub(crate) fn new(
        base: Address,
        layout: Layout,
        [width, height, depth]: [u64; 3],
        find: impl FnOnce(Address, u64) -> Result<Place, Code>,
    ) -> Result<Self, Code> {
        let bad = Code::INVALID_VALUE;
        // A pitch or height of 0 is that of the copy itself.
        let pitch = if layout.pitch == 0 {
            width
        } else {
            layout.pitch
        };
        let rows = if layout.height == 0 {
            height
        } else {
            layout.height
        };
        if (height > 1 || depth > 1) && (pitch < width.saturating_add(layout.x)) {
            return Err(bad);
        }
        if depth > 1 && rows < height {
            return Err(bad);
        }
        let slice = pitch.checked_mul(rows).ok_or(bad)?;
        let at = |x: u64, y: u64, z: u64| {
            let row = y.checked_mul(pitch)?;
            z.checked_mul(slice)?.checked_add(row)?.checked_add(x)
        };
        let start = at(layout.x, layout.y, layout.z).ok_or(bad)?;
        let bytes = match (width, height, depth) {
            (0, _, _) | (_, 0, _) | (_, _, 0) => 0,
            _ => at(width, height - 1, depth - 1).ok_or(bad)?,
        };
        Ok(Self {
            place: find(base.plus(start), bytes)?,
            pitch,
            slice,
        })
    }
}
