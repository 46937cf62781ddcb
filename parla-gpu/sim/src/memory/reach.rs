//! What the kernels of a context can reach: the address space as they see it.

use super::Region;
use crate::context::Context;
use crate::driver;
use crate::handle::Handle;
use crate::ptx::{AccessError, AddressSpace, Window};
use std::collections::HashSet;
use std::sync::Arc;

/// The memory that kernels of one context reach.
#[derive(Debug)]
pub(crate) struct Reach {
    device: usize,
    /// Contexts of other devices whose memory was made accessible.
    peers: HashSet<Handle>,
}

impl Reach {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            device: context.device().ordinal(),
            peers: context.state().peers.clone(),
        }
    }

    fn includes(&self, region: &Region) -> bool {
        let device = region.device().ordinal();
        if !region.is_on_device() || device == self.device {
            return true;
        }
        match region.pool() {
            Some(pool) => pool
                .state()
                .access
                .get(&self.device)
                .is_some_and(|flags| *flags != 0),
            None => self.peers.contains(&region.context()),
        }
    }
}

impl AddressSpace for Reach {
    fn resolve(&self, address: u64, bytes: usize) -> Result<Window, AccessError> {
        let space = &driver().space;
        let Some(region) = space.find(address) else {
            return Err(space.why_not(address));
        };
        if !self.includes(&region) {
            let device = region.device().ordinal();
            let device = u32::try_from(device).expect("the number of devices is small");
            return Err(AccessError::OtherDevice { device });
        }
        if region.end() - address < bytes as u64 {
            return Err(AccessError::AfterEnd {
                allocation: region.len(),
                distance: 0,
            });
        }
        let (block, offset) = region.block();
        let offset = offset as u64;
        Ok(Window {
            // Windows begin at multiples of 8, which only registered memory may not.
            start: region.start() - offset,
            end: region.end(),
            block: Arc::clone(block),
            offset: 0,
        })
    }
}
