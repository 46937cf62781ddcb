//! Filling memory with one value.

use super::Place;
use crate::abi::Address;
use crate::codes::Code;
use crate::faults::Fault;
use crate::trace::Kind;

/// How many elements are written at once.
const CHUNK: u64 = 16 << 10;

/// Rows of elements that all become the same value.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    place: Place,
    /// The value again and again, as long as one write takes it.
    pattern: Vec<u8>,
    /// Bytes of a row.
    width: u64,
    pitch: u64,
    height: u64,
}

impl Set {
    /// `width` elements of so many bytes in each of `height` rows.
    pub(crate) fn new(
        address: Address,
        pitch: u64,
        value: u32,
        element: u64,
        width: u64,
        height: u64,
    ) -> Result<Self, Code> {
        let bad = Code::INVALID_VALUE;
        if !matches!(element, 1 | 2 | 4) || !address.number().is_multiple_of(element) {
            return Err(bad);
        }
        let bytes = width.checked_mul(element).ok_or(bad)?;
        if height > 1 && (pitch < bytes || !pitch.is_multiple_of(element)) {
            return Err(bad);
        }
        let last = height.saturating_sub(1).checked_mul(pitch).ok_or(bad)?;
        let all = if height == 0 {
            0
        } else {
            last.checked_add(bytes).ok_or(bad)?
        };
        let place = Place::on_device(address, all)?;
        let element = usize::try_from(element).expect("it is small");
        let times = width.min(CHUNK).try_into().expect("it is small");
        Ok(Self {
            place,
            pattern: value.to_le_bytes()[..element].repeat(times),
            width: bytes,
            pitch,
            height,
        })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.width * self.height
    }

    pub(crate) fn run(&self) -> Result<(), Fault> {
        if let Some(address) = self.place.gone() {
            return Err(Fault::freed(Kind::Set, address));
        }
        for y in 0..self.height {
            let mut done = 0;
            while done < self.width {
                let left = usize::try_from(self.width - done).unwrap_or(usize::MAX);
                let length = left.min(self.pattern.len());
                self.place
                    .write(y * self.pitch + done, &self.pattern[..length]);
                done += length as u64;
            }
        }
        Ok(())
    }
}
