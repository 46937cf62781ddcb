//! The members of a reduction that need no order among them, and their private copies.

use std::any::Any;
use std::fmt;

use crate::data::Region;
use crate::data::order::Mode;
use crate::sync::{Arc, Mutex, OnceLock};

/// Members of one reduction that were declared with no other access between them. Whoever uses the
/// elements later comes after all of them, so what they contribute must be there when the last of
/// them has ended.
#[derive(Debug)]
pub(crate) struct Group {
    operator: u64,
    region: Region,
    state: Mutex<State>,
}

/// Where a member finds its group, once it has been spawned.
pub(crate) type Membership = OnceLock<Arc<Group>>;

/// A private copy: an array of the type of the reduction.
pub(super) type Copy = Box<dyn Any + Send + Sync>;

#[derive(Default)]
struct State {
    /// How many have not ended.
    members: usize,
    /// What those have contributed that have.
    copies: Vec<Copy>,
    /// Whether a member, which has not ended either, adds copies to the array.
    is_combining: bool,
}

impl Group {
    /// What another member has contributed, to go on with.
    pub(super) fn take(&self) -> Option<Copy> {
        self.state.lock().copies.pop()
    }

    /// A member is not going to contribute: its task has failed, and so will all that comes after
    /// the group.
    pub(super) fn leave(&self) {
        self.state.lock().members -= 1;
    }

    /// A member is about to end, and has contributed that. If it is the last one, `combine` is
    /// called for all copies, by one member at a time.
    pub(super) fn end(&self, copy: Option<Copy>, mut combine: impl FnMut(Copy)) {
        {
            let mut state = self.state.lock();
            state.members -= 1;
            state.copies.extend(copy);
            if state.is_combining {
                return;
            }
            state.is_combining = true;
        }
        let mut combining = Combining {
            group: self,
            is_over: false,
        };
        while let Some(copies) = self.left() {
            copies.into_iter().for_each(&mut combine);
        }
        combining.is_over = true;
    }

    /// The copies to combine. None, and combining is over, if there are none or members that are
    /// going to see to them.
    fn left(&self) -> Option<Vec<Copy>> {
        let mut state = self.state.lock();
        state.is_combining = state.members == 0 && !state.copies.is_empty();
        state
            .is_combining
            .then(|| std::mem::take(&mut state.copies))
    }
}

/// Lets others combine if the code of the user unwinds.
struct Combining<'a> {
    group: &'a Group,
    is_over: bool,
}

impl Drop for Combining<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.group.state.lock().is_combining = false;
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("members", &self.members)
            .field("copies", &self.copies.len())
            .finish_non_exhaustive()
    }
}

/// The groups of one datum that later members may still join.
#[derive(Debug, Default)]
pub(crate) struct Groups(Vec<Arc<Group>>);

impl Groups {
    /// An access comes between the members of other groups; a member of a reduction gets its own.
    pub(crate) fn enter(&mut self, region: &Region, mode: Mode) -> Option<Arc<Group>> {
        let is_of = |group: &Group| mode == Mode::Reduce(group.operator);
        (self.0).retain(|group| is_of(group) || !group.region.overlaps(region));
        let Mode::Reduce(operator) = mode else {
            return None;
        };
        let open = self.0.iter().find(|group| is_of(group));
        let group = open.cloned().unwrap_or_else(|| {
            let new = Arc::new(Group {
                operator,
                region: region.clone(),
                state: Mutex::default(),
            });
            self.0.push(new.clone());
            new
        });
        group.state.lock().members += 1;
        Some(group)
    }
}
