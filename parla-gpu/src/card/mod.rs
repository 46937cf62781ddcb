//! The devices of the machine, as the whole process shares them: one context each, and the code
//! that is loaded there.

mod code;
mod info;

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Arc, Weak};

pub(crate) use code::{Code, kernel};
pub use info::{GpuInfo, devices};

use crate::cuda::{self, Context, Facts, Failure};
use crate::device::Device;
use crate::lock::Mutex;

/// A device of the machine.
#[derive(Debug)]
pub(crate) struct Card {
    facts: Facts,
    info: GpuInfo,
    context: Arc<Context>,
    code: Code,
    /// Which other contexts' memory this one can reach; a device that is opened anew has another.
    peers: Mutex<Vec<(Weak<Context>, bool)>>,
    /// Of all runtimes, for those that are short of memory.
    users: Mutex<Vec<Weak<Device>>>,
}

impl Card {
    /// The device with that number in the driver's order. It stays open for the rest of the process,
    /// since opening it takes long; a lost one is opened anew.
    pub(crate) fn open(ordinal: u32) -> Result<Arc<Self>, Failure> {
        static OPEN: Mutex<BTreeMap<u32, Arc<Card>>> = Mutex::new(BTreeMap::new());

        let mut open = OPEN.lock();
        if let Some(card) = open.get(&ordinal) {
            if card.context.lost().is_none() {
                return Ok(card.clone());
            }
            // Unless others still hold it, this ends the context, and there is a new beginning.
            open.remove(&ordinal);
        }
        cuda::start()?;
        let facts = cuda::facts(ordinal)?;
        let context = Arc::new(Context::retain(ordinal)?);
        let card = Arc::new(Self {
            info: GpuInfo::new(ordinal, &facts),
            code: Code::new(&context),
            facts,
            context,
            peers: Mutex::default(),
            users: Mutex::default(),
        });
        open.insert(ordinal, card.clone());
        Ok(card)
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(crate) fn info(&self) -> &GpuInfo {
        &self.info
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// Whether work here can reach the memory of the other device; lets it, the first time.
    pub(crate) fn reaches(&self, other: &Self) -> Result<bool, Failure> {
        let mut peers = self.peers.lock();
        let known = peers
            .iter()
            .find(|(peer, _)| ptr::eq(peer.as_ptr(), &*other.context));
        if let Some((_, reaches)) = known {
            return Ok(*reaches);
        }
        let reaches = self.context.enable_peer(&other.context)?;
        peers.retain(|(peer, _)| peer.strong_count() > 0);
        peers.push((Arc::downgrade(&other.context), reaches));
        Ok(reaches)
    }

    pub(crate) fn add_user(&self, device: &Arc<Device>) {
        let mut users = self.users.lock();
        users.retain(|user| user.strong_count() > 0);
        users.push(Arc::downgrade(device));
    }

    /// Has all but one of the users give back what memory they don't need.
    pub(crate) fn make_room(&self, but: &Device) {
        let users: Vec<_> = self.users.lock().iter().filter_map(Weak::upgrade).collect();
        for user in users.iter().filter(|user| !ptr::eq(&***user, but)) {
            user.memory().release_all();
        }
    }
}
