//! A simulated device: its memory's account, its primary context, its default pool.

pub(crate) mod attributes;

use crate::codes::Code;
use crate::driver;
use crate::faults::FaultReport;
use crate::handle::{self, Handle};
use crate::memory::{GRANULE, Pool};
use crate::settings::Settings;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// One simulated GPU.
#[derive(Debug)]
pub(crate) struct Device {
    ordinal: usize,
    settings: RwLock<Settings>,
    /// Bytes taken of its memory, whole granules.
    used: Mutex<u64>,
    primary: Mutex<Primary>,
    /// The pool that allocations in stream order come from.
    pool: Mutex<Arc<Pool>>,
    default_pool: Arc<Pool>,
    pub(crate) last_fault: Mutex<Option<FaultReport>>,
}

/// The context that all users of a device share.
#[derive(Debug)]
pub(crate) struct Primary {
    /// Its handle, which stays the same when it is reset or made anew.
    pub(crate) handle: Handle,
    pub(crate) users: usize,
    pub(crate) flags: u32,
}

impl Device {
    pub(crate) fn new(ordinal: usize, settings: Settings) -> Self {
        let pool = Arc::new(Pool::new(ordinal));
        Self {
            ordinal,
            settings: RwLock::new(settings),
            used: Mutex::new(0),
            primary: Mutex::new(Primary {
                handle: handle::fresh(),
                users: 0,
                flags: 0,
            }),
            pool: Mutex::new(Arc::clone(&pool)),
            default_pool: pool,
            last_fault: Mutex::new(None),
        }
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.ordinal
    }

    /// The ordinal as the interface has it.
    pub(crate) fn number(&self) -> i32 {
        i32::try_from(self.ordinal).expect("the number of devices is small")
    }

    pub(crate) fn name(&self) -> String {
        format!("Simulated GPU {}", self.ordinal)
    }

    pub(crate) fn settings(&self) -> Settings {
        let settings = self.settings.read();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn configure(&self, settings: Settings) {
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(crate) fn primary(&self) -> MutexGuard<'_, Primary> {
        self.primary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pool(&self) -> Arc<Pool> {
        let pool = self.pool.lock();
        Arc::clone(&pool.unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_pool(&self, pool: Arc<Pool>) {
        *self.pool.lock().unwrap_or_else(PoisonError::into_inner) = pool;
    }

    pub(crate) fn default_pool(&self) -> Arc<Pool> {
        Arc::clone(&self.default_pool)
    }

    /// Sixteen bytes that tell this device from all others.
    pub(crate) fn uuid(&self) -> [u8; 16] {
        let mut uuid = *b"parla-sim-gpu\0\0\0";
        uuid[15] = u8::try_from(self.ordinal % 256).expect("less than 256");
        uuid
    }

    /// The bus it would sit on: one of its own.
    pub(crate) fn pci_bus(&self) -> i32 {
        self.number() + 1
    }

    pub(crate) fn pci_bus_text(&self) -> String {
        format!("0000:{:02X}:00.0", self.pci_bus())
    }

    /// Takes bytes of its memory. When there aren't as many, what pools only keep goes first.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), Code> {
        if self.try_take(bytes) {
            return Ok(());
        }
        for pool in driver().pools.all() {
            if pool.device() == self.ordinal {
                self.give_back(pool.trim(0));
            }
        }
        if self.try_take(bytes) {
            return Ok(());
        }
        Err(Code::OUT_OF_MEMORY)
    }

    fn try_take(&self, bytes: u64) -> bool {
        let capacity = self.settings().memory;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = used.checked_add(bytes).is_some_and(|all| all <= capacity);
        if fits {
            *used += bytes;
        }
        fits
    }

    pub(crate) fn give_back(&self, bytes: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used -= bytes;
    }

    /// Bytes that are free and bytes that there are.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let capacity = self.settings().memory;
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        (capacity.saturating_sub(used), capacity)
    }
}

/// So many bytes as whole granules.
pub(crate) fn granules(bytes: u64) -> Result<u64, Code> {
    bytes
        .checked_next_multiple_of(GRANULE)
        .ok_or(Code::OUT_OF_MEMORY)
}
