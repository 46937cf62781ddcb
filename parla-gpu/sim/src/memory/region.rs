//! One range of addresses that devices know: what kind of memory it is, whose, and its bytes.

use super::{Block, GRANULE, Pool};
use crate::abi::Address;
use crate::codes::Code;
use crate::context::Context;
use crate::device::{Device, granules};
use crate::driver;
use crate::handle::Handle;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// New memory is full of this, so that what was never written shows.
const POISON: u8 = 0xA5;
/// Memory of the host that was freed is full of this for as long as it can be seen.
const POISON_FREED: u8 = 0xDD;

/// What kind of memory a range is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Allocated on the device.
    Device,
    /// A variable of a module.
    Global,
    /// The host and all devices see it at the same address.
    Managed,
    /// Memory of the host that devices reach, allocated by the driver with those flags.
    Pinned(u32),
    /// The same, but allocated by the program.
    Registered(Address, u32),
}

/// One allocation, or one registered range of the host's memory.
#[derive(Debug)]
pub(crate) struct Region {
    start: u64,
    length: u64,
    kind: Kind,
    context: Handle,
    device: Arc<Device>,
    pool: Option<Arc<Pool>>,
    /// The bytes, from when they are first touched on.
    block: OnceLock<Arc<Block>>,
    /// Someone has asked for it to be freed.
    freeing: AtomicBool,
    /// No longer there: an operation that still comes is a mistake.
    freed: AtomicBool,
}

impl Region {
    /// Memory of the context's device; from the pool, if one is given.
    pub(crate) fn on_device(
        context: &Context,
        bytes: u64,
        kind: Kind,
        pool: Option<Arc<Pool>>,
    ) -> Result<Arc<Self>, Code> {
        let device = match &pool {
            Some(pool) => driver().devices()[pool.device()].clone(),
            None => Arc::clone(context.device()),
        };
        if bytes == 0 {
            return Err(Code::INVALID_VALUE);
        }
        let taken = granules(bytes)?;
        match &pool {
            Some(pool) => pool.take(&device, taken)?,
            None => device.take(taken)?,
        }
        let start = driver().space.reserve(device.ordinal(), taken);
        let region = Self::new(start, bytes, kind, context, device, pool);
        Ok(region.enter())
    }

    /// Memory of the host that devices reach as well.
    pub(crate) fn on_host(context: &Context, bytes: u64, kind: Kind) -> Result<Arc<Self>, Code> {
        let length = usize::try_from(bytes).map_err(|_| Code::OUT_OF_MEMORY)?;
        if bytes == 0 {
            return Err(Code::INVALID_VALUE);
        }
        if bytes > HOST_LIMIT {
            return Err(Code::OUT_OF_MEMORY);
        }
        let block = Block::new(length, POISON);
        let device = Arc::clone(context.device());
        let region = Self::new(block.host_address(), bytes, kind, context, device, None);
        region.block.get_or_init(|| Arc::new(block));
        Ok(region.enter())
    }

    /// A range of the program's own memory.
    pub(crate) fn registered(
        context: &Context,
        start: Address,
        bytes: u64,
        flags: u32,
    ) -> Result<(), Code> {
        if start.is_null() || bytes == 0 || start.number().checked_add(bytes).is_none() {
            return Err(Code::INVALID_VALUE);
        }
        if driver().space.overlaps(start.number(), bytes) {
            return Err(Code::HOST_MEMORY_ALREADY_REGISTERED);
        }
        let kind = Kind::Registered(start, flags);
        let device = Arc::clone(context.device());
        Self::new(start.number(), bytes, kind, context, device, None).enter();
        Ok(())
    }

    fn new(
        start: u64,
        length: u64,
        kind: Kind,
        context: &Context,
        device: Arc<Device>,
        pool: Option<Arc<Pool>>,
    ) -> Self {
        Self {
            start,
            length,
            kind,
            context: context.handle(),
            device,
            pool,
            block: OnceLock::new(),
            freeing: AtomicBool::new(false),
            freed: AtomicBool::new(false),
        }
    }

    fn enter(self) -> Arc<Self> {
        let region = Arc::new(self);
        driver().space.insert(Arc::clone(&region));
        region
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Where it ends: the first address that is no longer of it.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.length
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn context(&self) -> Handle {
        self.context
    }

    pub(crate) fn device(&self) -> &Arc<Device> {
        &self.device
    }

    pub(crate) fn pool(&self) -> Option<&Arc<Pool>> {
        self.pool.as_ref()
    }

    pub(crate) fn is_on_device(&self) -> bool {
        matches!(self.kind, Kind::Device | Kind::Global)
    }

    /// Bytes of device memory that it takes.
    pub(crate) fn device_bytes(&self) -> u64 {
        if self.is_on_device() {
            self.length.next_multiple_of(GRANULE)
        } else {
            0
        }
    }

    /// The bytes, and where in them it begins.
    pub(crate) fn block(&self) -> (&Arc<Block>, usize) {
        let length = usize::try_from(self.length).expect("it fits the host's memory");
        let block = self.block.get_or_init(|| {
            Arc::new(match self.kind {
                Kind::Registered(start, _) => {
                    start.block(length).expect("an address that was checked")
                }
                _ => Block::new(length, POISON),
            })
        });
        (block, block.len() - length)
    }

    /// Copies bytes out; the caller has checked that they are inside.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) {
        let (block, start) = self.block();
        block.read(start + index(offset), into);
    }

    /// Copies bytes in; the caller has checked that they are inside.
    pub(crate) fn write(&self, offset: u64, from: &[u8]) {
        let (block, start) = self.block();
        block.write(start + index(offset), from);
    }

    /// Asks for it to be freed; false if someone has before.
    pub(crate) fn mark_freeing(&self) -> bool {
        // Relaxed: one of two threads that free it wins; nothing else hangs on it.
        !self.freeing.swap(true, Ordering::Relaxed)
    }

    /// Takes it back that it was asked to be freed, by who did.
    pub(crate) fn unmark_freeing(&self) {
        // Relaxed: as above.
        self.freeing.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_freed(&self) -> bool {
        // Acquire: pairs with the store in `remove`.
        self.freed.load(Ordering::Acquire)
    }

    /// Makes all its bytes zero.
    pub(crate) fn clear(&self) {
        let (block, _) = self.block();
        block.write(0, &vec![0; block.len()]);
    }

    /// Takes it out of the address space and gives its memory back.
    pub(crate) fn remove(&self) {
        // Release: who sees it also sees what was done before.
        self.freed.store(true, Ordering::Release);
        if driver().space.remove(self.start).is_none() {
            return;
        }
        let bytes = self.device_bytes();
        match &self.pool {
            Some(pool) => self.device.give_back(pool.give(bytes)),
            None => self.device.give_back(bytes),
        }
        if let (Kind::Managed | Kind::Pinned(_), Some(block)) = (self.kind, self.block.get()) {
            block.write(0, &vec![POISON_FREED; block.len()]);
        }
    }
}

/// More of the host's memory than this is refused at once.
const HOST_LIMIT: u64 = 1 << 40;

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("inside of memory of the host")
}
