//! What the device still does with a block of memory.

use smallvec::SmallVec;

use crate::cuda::Failure;
use crate::lock::Mutex;
use crate::stream::Point;

/// How work touches memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Some points, mostly few.
pub(crate) type Points = SmallVec<[Point; 4]>;

/// The uses of a block that later ones may have to come after: its last writes, and the reads since.
/// Writes can be several, where the block was lent in pieces.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<SmallVec<[Use; 4]>>);

#[derive(Debug)]
struct Use {
    access: Access,
    point: Point,
}

impl Uses {
    /// Those of memory that had another owner: its new one comes after all.
    pub(crate) fn after(points: Points) -> Self {
        let use_ = |point| Use {
            access: Access::Write,
            point,
        };
        Self(Mutex::new(points.into_iter().map(use_).collect()))
    }

    /// What such an access has to come after.
    pub(crate) fn before(&self, access: Access) -> Points {
        let mut uses = self.0.lock();
        uses.retain(|earlier| !earlier.point.is_passed());
        uses.iter()
            .filter(|earlier| access == Access::Write || earlier.access == Access::Write)
            .map(|earlier| earlier.point.clone())
            .collect()
    }

    /// Notes an access that came after `before`, which [`before`](Self::before) gave: what was noted
    /// meanwhile, for another piece of the block, stays.
    pub(crate) fn note(&self, access: Access, before: &[Point], point: Point) {
        let mut uses = self.0.lock();
        uses.retain(|earlier| {
            let is_replaced = match access {
                Access::Write => before.iter().any(|it| earlier.point.is_implied_by(it)),
                Access::Read => {
                    earlier.access == Access::Read && earlier.point.is_implied_by(&point)
                }
            };
            !is_replaced
        });
        uses.push(Use { access, point });
    }

    /// All that must be passed before the memory can be given to somebody else.
    pub(crate) fn into_points(self) -> Points {
        let uses = self.0.into_inner();
        uses.into_iter()
            .map(|use_| use_.point)
            .filter(|point| !point.is_passed())
            .collect()
    }
}

/// Blocks until all are passed. A failure means that the device is lost, or can't be asked; either
/// way the others are waited for too.
pub(crate) fn wait_blocking(points: &[Point]) -> Result<(), Failure> {
    points
        .iter()
        .map(Point::wait_blocking)
        .fold(Ok(()), Result::and)
}
