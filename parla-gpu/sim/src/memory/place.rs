//! One end of a copy: where bytes are read or written, checked when the copy is asked for and again
//! when it runs.

use super::{DEVICE_ADDRESSES, Kind, Region};
use crate::abi::Address;
use crate::codes::Code;
use crate::driver;
use std::sync::Arc;

/// Where bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// In memory that devices know, from that offset on.
    Known(Arc<Region>, u64),
    /// In memory of the host that devices don't know (pageable).
    Pageable(Address),
    /// Bytes that the driver has already taken over.
    Staged(Arc<[u8]>),
}

impl Place {
    /// So many bytes anywhere: the address says whose they are.
    pub(crate) fn anywhere(address: Address, bytes: u64) -> Result<Self, Code> {
        match driver().space.find(address.number()) {
            Some(region) => {
                let offset = address.number() - region.start();
                if bytes > region.len() - offset || region.is_freed() {
                    return Err(Code::INVALID_VALUE);
                }
                Ok(Self::Known(region, offset))
            }
            None if address.is_null() || address.number() >= DEVICE_ADDRESSES => {
                Err(Code::INVALID_VALUE)
            }
            None => Ok(Self::Pageable(address)),
        }
    }

    /// So many bytes that a device can reach.
    pub(crate) fn on_device(address: Address, bytes: u64) -> Result<Self, Code> {
        match Self::anywhere(address, bytes)? {
            place @ Self::Known(..) => Ok(place),
            _ => Err(Code::INVALID_VALUE),
        }
    }

    /// So many bytes that the host can reach.
    pub(crate) fn on_host(address: Address, bytes: u64) -> Result<Self, Code> {
        match Self::anywhere(address, bytes)? {
            Self::Known(region, _) if region.is_on_device() => Err(Code::INVALID_VALUE),
            place => Ok(place),
        }
    }

    /// The device whose memory it is, if it is memory of a device.
    pub(crate) fn device(&self) -> Option<usize> {
        match self {
            Self::Known(region, _) if region.is_on_device() => Some(region.device().ordinal()),
            _ => None,
        }
    }

    pub(crate) fn is_pageable(&self) -> bool {
        matches!(self, Self::Pageable(_))
    }

    pub(crate) fn is_managed(&self) -> bool {
        matches!(self, Self::Known(region, _) if matches!(region.kind(), Kind::Managed))
    }

    /// The address that a fault there is reported with, if what was there is no longer.
    pub(crate) fn gone(&self) -> Option<u64> {
        match self {
            Self::Known(region, offset) if region.is_freed() => Some(region.start() + offset),
            _ => None,
        }
    }

    /// Copies bytes out, so many after its beginning.
    pub(crate) fn read(&self, after: u64, into: &mut [u8]) {
        match self {
            Self::Known(region, offset) => region.read(offset + after, into),
            Self::Pageable(address) => address.plus(after).read_host(into),
            Self::Staged(bytes) => {
                let start = usize::try_from(after).expect("inside of the bytes");
                into.copy_from_slice(&bytes[start..start + into.len()]);
            }
        }
    }

    /// Copies bytes in, so many after its beginning.
    pub(crate) fn write(&self, after: u64, from: &[u8]) {
        match self {
            Self::Known(region, offset) => region.write(offset + after, from),
            Self::Pageable(address) => address.plus(after).write_host(from),
            Self::Staged(_) => unreachable!("only what is read is staged"),
        }
    }
}
