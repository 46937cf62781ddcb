//! Work on blocks of memory: queued after what they need, and known to what comes later.

use std::sync::Arc;

use smallvec::SmallVec;

use super::block::View;
use super::uses::{Access, Points};
use crate::cuda::{self, Failure};
use crate::stream::{Point, Stream};

/// Queues work on views, after all that they need, and has others come after it. The point behind
/// the work.
pub(crate) fn submit<T>(
    stream: &Arc<Stream>,
    views: &[(View<'_>, Access)],
    work: impl FnOnce(&cuda::Stream) -> Result<T, Failure>,
) -> Result<(Point, T), Failure> {
    let before = order(stream, views)?;
    let (point, result) = stream.submit(work);
    for ((view, access), before) in views.iter().zip(&before) {
        view.block().uses().note(*access, before, point.clone());
    }
    Ok((point, result?))
}

/// Has the stream come after what the views need; that, for each of them.
pub(crate) fn order(
    stream: &Stream,
    views: &[(View<'_>, Access)],
) -> Result<SmallVec<[Points; 4]>, Failure> {
    let mut all = SmallVec::new();
    for (view, access) in views {
        let before = view.block().uses().before(*access);
        for point in &before {
            stream.wait_for(point)?;
        }
        all.push(before);
    }
    Ok(all)
}
