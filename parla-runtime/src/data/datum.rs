//! One thing that tasks share, an array or a value: what all handles on it have in common.

use std::fmt;

use smallvec::SmallVec;

use super::accessor::{Accessing, Kind, locking};
use super::copies::Copies;
use super::heading::Heading;
use super::order::{Accessor as _, Mode, Order};
use super::races::Noted;
use super::reduction::{Group, Groups};
use super::{Home, Region, Store};
use crate::sync::{Arc, AtomicU64, Mutex, MutexGuard, OnceLock, Ordering};
use crate::task::TaskName;

/// An array, or a value, which counts as an array without axes.
pub(crate) struct Datum {
    id: DatumId,
    name: OnceLock<Arc<str>>,
    shape: SmallVec<[usize; 4]>,
    home: Home,
    accesses: Mutex<Accesses>,
    /// None as long as no device has had a copy.
    copies: Mutex<Option<Copies>>,
    heading: Mutex<Heading>,
}

/// Tells data apart, and is the order in which several are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DatumId(u64);

impl DatumId {
    pub(crate) fn of_number(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// Who uses a datum.
#[derive(Debug)]
pub(crate) struct Accesses {
    /// The tasks.
    pub(crate) order: Order<Accessing>,
    /// All of them, the explicit ones too, if races are looked for.
    pub(super) noted: Option<Box<Noted<Accessing>>>,
    groups: Groups,
    /// How many parts of the program read it outside of any runtime.
    readers: usize,
    /// How many there have it for themselves: one at most, but for mistakes.
    writers: usize,
}

impl Accesses {
    /// Notes an access, and calls back for the earlier ones that it must come after, as
    /// [`Order::access`] does; explicit ones are among them. A member of a reduction gets its group.
    pub(super) fn come_after(
        &mut self,
        region: &Region,
        mode: Mode,
        who: Accessing,
        mut conflicts: impl FnMut(&Accessing),
    ) -> Option<Arc<Group>> {
        if who.id().is_some() {
            self.noted();
        }
        if let Some(noted) = &mut self.noted {
            self.order.access(region, mode, who.clone(), &mut conflicts);
            noted.conflicts(region, mode, &who, None, |_, access| {
                if access.who.kind == Kind::Explicit {
                    conflicts(&access.who);
                }
            });
            noted.note(region, mode, (&who, who.id()), true);
        } else {
            self.order.access(region, mode, who, &mut conflicts);
        }
        self.enter_group(region, mode)
    }

    /// Visits all that such an access of the program has to wait for and that has not ended.
    pub(super) fn live(&self, region: &Region, mode: Mode, mut visit: impl FnMut(&Accessing)) {
        self.order.live(region, mode, &mut visit);
        let noted = self.noted.iter();
        noted.for_each(|noted| noted.live(region, mode, &mut visit));
    }

    /// The group of a member of a reduction.
    pub(super) fn enter_group(&mut self, region: &Region, mode: Mode) -> Option<Arc<Group>> {
        self.groups.enter(region, mode)
    }

    /// All accesses; from now on, they are noted.
    pub(super) fn noted(&mut self) -> &mut Noted<Accessing> {
        let new = || Box::new(Noted::of(&self.order));
        self.noted.get_or_insert_with(new)
    }

    /// Any task that uses it.
    pub(super) fn any(&self) -> Option<&Accessing> {
        let noted = self.noted.as_ref().and_then(|noted| noted.any());
        noted.or_else(|| self.order.any())
    }

    /// Any such one, and not the program.
    fn find(&self, is_such: impl Fn(&Accessing) -> bool) -> Option<&Accessing> {
        let noted = self.noted.iter().flat_map(|noted| noted.users());
        let mut users = noted.chain(self.order.users());
        users.find(|user| user.kind != Kind::Program && is_such(user))
    }

    /// Forgets the tasks that have failed and used elements of that region.
    pub(super) fn forget_failed(&mut self, region: &Region) {
        self.forget(region, Accessing::has_failed);
    }

    /// Forgets such tasks that used elements of that region.
    pub(super) fn forget(&mut self, region: &Region, is_such: impl Fn(&Accessing) -> bool) {
        self.order.forget(region, &is_such);
        if let Some(noted) = &mut self.noted {
            noted.forget(region, is_such);
        }
    }

    /// A part of the program uses it outside of any runtime.
    pub(crate) fn borrow(&mut self, mode: Mode) {
        *self.borrowers(mode) += 1;
    }

    /// It uses it no more.
    pub(crate) fn give_back(&mut self, mode: Mode) {
        *self.borrowers(mode) -= 1;
    }

    /// Whether such an access must not begin because the program uses it outside of any runtime.
    pub(crate) fn is_borrowed(&self, mode: Mode) -> bool {
        self.writers > 0 || (self.readers > 0 && mode != Mode::Read)
    }

    fn borrowers(&mut self, mode: Mode) -> &mut usize {
        match mode {
            Mode::Read => &mut self.readers,
            _ => &mut self.writers,
        }
    }
}

impl Datum {
    pub(crate) fn new(home: Home, shape: impl IntoIterator<Item = usize>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shape: SmallVec<[usize; 4]> = shape.into_iter().collect();
        Arc::new(Self {
            // Relaxed: only that numbers differ matters.
            id: DatumId(NEXT.fetch_add(1, Ordering::Relaxed)),
            name: OnceLock::new(),
            copies: Mutex::default(),
            heading: Mutex::new(Heading::new()),
            shape,
            home,
            accesses: Mutex::new(Accesses {
                order: Order::new(),
                noted: None,
                groups: Groups::default(),
                readers: 0,
                writers: 0,
            }),
        })
    }

    pub(crate) fn id(&self) -> DatumId {
        self.id
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn into_home(self) -> Home {
        self.home
    }

    /// Only to be called within [`locking`](super::accessor::locking).
    pub(super) fn accesses(&self) -> MutexGuard<'_, Accesses> {
        self.accesses.lock()
    }

    pub(super) fn copies(&self) -> MutexGuard<'_, Option<Copies>> {
        self.copies.lock()
    }

    /// A task that uses it, if there is one, of another runtime than that whose memories these are.
    pub(super) fn user_but_of(&self, store: &Arc<Store>) -> Option<TaskName> {
        locking(|| {
            let accesses = self.accesses();
            let user = accesses.find(|user| {
                let scheduler = &user.task().family().scheduler;
                !user.has_ended() && !Arc::ptr_eq(&scheduler.store, store)
            });
            user.map(|user| user.task().name())
        })
    }

    /// What is going to be where. Locked alone.
    pub(super) fn heading(&self) -> MutexGuard<'_, Heading> {
        self.heading.lock()
    }

    /// The first name that it is given stays.
    pub(crate) fn set_name(&self, name: Arc<str>) {
        let _ = self.name.set(name);
    }

    /// The name of a region, for people.
    pub(crate) fn describe(&self, region: &Region) -> String {
        match region.spans() {
            [] => self.to_string(),
            _ => format!("{self}{region}"),
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.get(), self.shape.is_empty()) {
            (Some(name), _) => f.write_str(name),
            (None, false) => write!(f, "array#{}", self.id.0),
            (None, true) => write!(f, "value#{}", self.id.0),
        }
    }
}

impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} of shape {:?}", self.shape)
    }
}
