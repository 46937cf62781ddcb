//! What a task holds of its devices. Plain data, kept under a lock in [`Options`](super::Options).
//!
//! A body that waits for a scope gives up what it holds, since the scope's tasks may need it. Parts
//! of one body, the halves of a join, may do so at the same time: from the first that waits to the
//! last, the task holds nothing.

use crate::resources::Grant;

#[derive(Debug, Default)]
pub(crate) struct Held {
    grant: Option<Grant>,
    /// Parts of the body that wait for a scope.
    waiting: usize,
    /// A part waits to be given it all again.
    asking: bool,
}

impl Held {
    pub(crate) fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }

    /// What the task asked for before it started or went on.
    pub(crate) fn put(&mut self, grant: Grant) {
        self.grant = Some(grant);
    }

    /// The task ends, or its body is suspended.
    pub(crate) fn take(&mut self) -> Option<Grant> {
        self.grant.take()
    }

    /// A part of the body begins to wait for a scope.
    pub(crate) fn begin_wait(&mut self) -> Option<Grant> {
        self.waiting += 1;
        self.grant.take()
    }

    /// A part goes on. True if it must ask for everything again, and wait until it has it: no other
    /// part waits or asks. A part that need not goes on with nothing.
    #[must_use = "nobody else will ask"]
    pub(crate) fn end_wait(&mut self) -> bool {
        self.waiting -= 1;
        let must_ask = self.waiting == 0 && !self.asking;
        self.asking |= must_ask;
        must_ask
    }

    /// What was asked for has come; it is to be given back at once if a part has begun to wait,
    /// perhaps for a task that needs it. The last such part will ask again.
    #[must_use = "what is not held must be given back"]
    pub(crate) fn regain(&mut self, grant: Grant) -> Option<Grant> {
        self.asking = false;
        if self.waiting > 0 {
            return Some(grant);
        }
        self.grant = Some(grant);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding() -> Held {
        let mut held = Held::default();
        held.put(Grant::default());
        held
    }

    #[test]
    fn one_part_gets_back_what_it_gave_up() {
        let mut held = holding();
        let grant = held.begin_wait().expect("it is held");
        assert!(held.grant().is_none());
        assert!(held.end_wait());
        assert!(held.regain(grant).is_none() && held.grant().is_some());
    }

    #[test]
    fn the_last_of_several_parts_asks() {
        let mut held = holding();
        let grant = held.begin_wait().expect("it is held");
        assert!(held.begin_wait().is_none());
        assert!(!held.end_wait(), "another waits");
        assert!(held.end_wait());
        assert!(held.regain(grant).is_none());
    }

    #[test]
    fn what_comes_while_another_part_waits_goes_back() {
        let mut held = holding();
        let grant = held.begin_wait().expect("it is held");
        assert!(held.end_wait());
        assert!(held.begin_wait().is_none());
        let grant = held.regain(grant).expect("a part waits");
        assert!(held.end_wait(), "it asks again");
        assert!(held.regain(grant).is_none());
    }

    #[test]
    fn only_one_part_asks_at_a_time() {
        let mut held = holding();
        let grant = held.begin_wait().expect("it is held");
        assert!(held.end_wait());
        assert!(held.begin_wait().is_none());
        assert!(!held.end_wait(), "the first still asks");
        assert!(held.regain(grant).is_none() && held.grant().is_some());
    }
}
