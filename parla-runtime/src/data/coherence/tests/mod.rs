//! The machine against an executor that really moves values, and the cases that have names.

mod cases;
mod random;
mod world;

use super::*;
use crate::data::region::Span;

const GPU0: SpaceId = SpaceId(1);
const GPU1: SpaceId = SpaceId(2);

/// `[from..to]`.
fn range(from: usize, to: usize) -> Region {
    Region::new([Span::new(from, to - from, 1)])
}

/// `[rows, columns]`, each from one number to before another.
fn tile(rows: (usize, usize), columns: (usize, usize)) -> Region {
    let span = |(from, to): (usize, usize)| Span::new(from, to - from, 1);
    Region::new([span(rows), span(columns)])
}

/// What a task that comes now is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Prepared {
    buffer: Holder,
    /// The region that the buffer packs, if it is new.
    allocate: Option<Region>,
    copies: Vec<CopyStep>,
    awaits: Vec<CopyId>,
    released: Vec<BufferId>,
}

impl Coherence {
    /// Enters a buffer, fills and leaves it.
    fn prepare(
        &mut self,
        space: SpaceId,
        region: &Region,
        mode: Mode,
        rank: impl Fn(Source) -> u32,
    ) -> Result<Prepared, ValueLost> {
        let (buffer, allocate) = self.enter(space, region, mode, Fit::Covering);
        let plan = self.fill(buffer, region, mode, rank);
        let mut released = self.leave(buffer);
        let plan = plan?;
        released.extend(plan.released);
        Ok(Prepared {
            buffer: Holder { space, buffer },
            allocate,
            copies: plan.copies,
            awaits: plan.awaits,
            released,
        })
    }
}
