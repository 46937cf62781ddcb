//! Makes the copies that were planned. Blocks.

use super::fetch::{Transfer, Transfers};
use super::{FetchError, Space, Store};
use crate::data::coherence::Holder;
use crate::data::transfer::AtHome;
use crate::device::BlockSlice;

/// One end of a copy.
enum End<'a> {
    Home,
    Device(&'a Space, BlockSlice),
}

impl Store {
    /// Makes the copies, and waits for those of others.
    pub(super) fn transfer(&self, transfers: Transfers) -> Result<(), FetchError> {
        let Transfers {
            steps,
            awaits,
            mut garbage,
        } = transfers;
        let mut result: Result<(), FetchError> = Ok(());
        for transfer in steps {
            let mut after = transfer.after.iter();
            // Those after one that failed are not made: others wait to hear of them, too.
            result = result
                .and_then(|()| after.try_for_each(|arrival| arrival.wait_blocking()))
                .and_then(|()| self.copy(&transfer));
            let Transfer { datum, step, .. } = transfer;
            if let Some(copies) = &mut *datum.copies() {
                let released = match &result {
                    Ok(()) => copies.arrived(step.id),
                    Err(error) => copies.failed(step.id, error),
                };
                garbage.push((datum.id(), released));
            }
        }
        let result =
            result.and_then(|()| (awaits.iter()).try_for_each(|arrival| arrival.wait_blocking()));
        self.clear(garbage);
        result
    }

    /// The copies are not going to be made.
    pub(super) fn abandon(&self, transfers: Transfers, error: &FetchError) {
        let mut garbage = transfers.garbage;
        for Transfer { datum, step, .. } in transfers.steps {
            if let Some(copies) = &mut *datum.copies() {
                garbage.push((datum.id(), copies.failed(step.id, error)));
            }
        }
        self.clear(garbage);
    }

    fn copy(&self, transfer: &Transfer) -> Result<(), FetchError> {
        let Transfer { datum, step, .. } = transfer;
        let (from, to) = (self.end(transfer, step.from)?, self.end(transfer, step.to)?);
        let (space, made) = match (&from, &to) {
            (End::Home, End::Device(space, to)) => {
                let home = AtHome::new(datum, &step.region);
                (space, space.ask(|memory| memory.upload(&home, to)))
            }
            (End::Device(space, from), End::Home) => {
                let mut home = AtHome::new(datum, &step.region);
                let made = space.ask(|memory| memory.download(from, &mut home));
                (space, made.and_then(|()| home.check()))
            }
            (End::Device(_, from), End::Device(space, to)) => {
                (space, space.ask(|memory| memory.copy(from, to)))
            }
            (End::Home, End::Home) => unreachable!("there is one home"),
        };
        made.map_err(|error| FetchError::Device {
            device: space.number(),
            error,
        })
    }

    fn end(&self, transfer: &Transfer, holder: Holder) -> Result<End<'_>, FetchError> {
        let Transfer { datum, step, .. } = transfer;
        let Some(space) = self.space(holder.space) else {
            return Ok(End::Home);
        };
        let element = datum.home().element();
        let copies = datum.copies();
        let copies = copies.as_ref();
        let slice = copies.and_then(|copies| copies.slice(holder.buffer, &step.region, element));
        let slice = slice.ok_or_else(|| space.why_gone(datum, &step.region));
        Ok(End::Device(space, slice?))
    }
}
