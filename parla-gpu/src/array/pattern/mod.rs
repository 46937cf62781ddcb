//! Which bytes of one place go where in another: strided on both sides, cut into pieces and rows.
//! Pure.

#[cfg(test)]
mod tests;

use parla_runtime::Layout;
use smallvec::SmallVec;

use crate::cuda::{MAX_PITCH, Rows};

/// Bytes to copy, by their places from the beginning of the source and of the destination. In the
/// order of the axes, the last one fastest, they are *packed*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// So many bytes lie one behind the other on both sides.
    width: usize,
    axes: Axes,
}

type Axes = SmallVec<[Axis; 4]>;

/// Repetitions, so far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    len: usize,
    from: usize,
    to: usize,
}

impl Pattern {
    /// From the one layout to the other. `None` if there is nothing to copy.
    ///
    /// # Errors
    ///
    /// Why it can't be: the layouts must have one shape and must not go backwards.
    pub(crate) fn between(from: &Layout, to: &Layout) -> Result<Option<Self>, String> {
        if from.element != to.element {
            return Err(format!(
                "can't copy elements of {} bytes to elements of {}",
                from.element, to.element
            ));
        }
        let mismatch = || {
            let (from, to) = (shape(from), shape(to));
            format!("can't copy elements of shape {from:?} to shape {to:?}")
        };
        let (sources, destinations) = match (check(from)?, check(to)?) {
            (Some((sources, _)), Some((destinations, _))) => (sources, destinations),
            (None, None) => return Ok(None),
            _ => return Err(mismatch()),
        };
        let lens = |axes: &[(usize, usize)]| axes.iter().map(|(len, _)| *len).collect::<Vec<_>>();
        if lens(&sources) != lens(&destinations) {
            return Err(mismatch());
        }
        let both = std::iter::zip(sources, destinations);
        let axes = both.map(|((len, from), (_, to))| Axis { len, from, to });
        let offsets = (from.offset, to.offset);
        Ok(Some(Self::merged(offsets, from.element, axes.collect())))
    }

    /// From packed elements on the host. `None` if there are none.
    pub(crate) fn from_host(to: &Layout) -> Result<Option<Self>, String> {
        Self::between(&packed(to), to)
    }

    /// To packed elements on the host. `None` if there are none.
    pub(crate) fn to_host(from: &Layout) -> Result<Option<Self>, String> {
        Self::between(from, &packed(from))
    }

    /// Joins what lies one behind the other, or equally far apart, on both sides.
    fn merged((from, to): (usize, usize), mut width: usize, axes: Axes) -> Self {
        // From the inside out; turned round at the end.
        let mut merged = Axes::new();
        for axis in axes.into_iter().rev().filter(|axis| axis.len > 1) {
            match merged.last_mut() {
                None if axis.from == width && axis.to == width => width *= axis.len,
                Some(inner) if inner.is_continued_by(&axis) => inner.len *= axis.len,
                _ => merged.push(axis),
            }
        }
        merged.reverse();
        Self {
            from,
            to,
            width,
            axes: merged,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.width * count(&self.axes)
    }

    /// Cuts it into parts of at most so many bytes, in the order of the packed bytes, of which each
    /// part has those from where the last one ended.
    pub(crate) fn pieces(&self, most: usize) -> impl Iterator<Item = Self> + use<> {
        let mut axes = self.axes.clone();
        axes.push(Axis {
            len: self.width,
            from: 1,
            to: 1,
        });
        // The axis along which it is cut: what is within one step of it is not too much.
        let (mut cut, mut inner) = (axes.len() - 1, 1);
        while cut > 0 && inner * axes[cut].len <= most {
            inner *= axes[cut].len;
            cut -= 1;
        }
        let step = (most / inner).clamp(1, axes[cut].len);
        let cuts = axes[cut].len.div_ceil(step);
        let outer: Axes = axes.drain(..cut).collect();
        let (from, to) = (self.from, self.to);
        (0..count(&outer) * cuts).map(move |index| {
            let start = index % cuts * step;
            let (outer_from, outer_to) = at(&outer, index / cuts);
            let mut axes = axes.clone();
            let first = &mut axes[0];
            let offsets = (
                from + outer_from + start * first.from,
                to + outer_to + start * first.to,
            );
            first.len = step.min(first.len - start);
            Self::merged(offsets, 1, axes)
        })
    }

    /// To where it goes, from packed bytes.
    pub(crate) fn unpack(mut self) -> Self {
        self.from = 0;
        self.for_each_packed(|axis, stride| axis.from = stride);
        self
    }

    /// From where it comes, to packed bytes.
    pub(crate) fn pack(mut self) -> Self {
        self.to = 0;
        self.for_each_packed(|axis, stride| axis.to = stride);
        self
    }

    /// With the stride of each axis where the bytes are packed.
    fn for_each_packed(&mut self, set: impl Fn(&mut Axis, usize)) {
        let mut stride = self.width;
        for axis in self.axes.iter_mut().rev() {
            set(axis, stride);
            stride *= axis.len;
        }
    }

    /// Cuts it into what one copy can do: the longest axis that makes rows, once for each step of
    /// the others.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Rows> + use<> {
        let pitches = self.width..=MAX_PITCH;
        let makes_rows = |axis: &Axis| pitches.contains(&axis.from) && pitches.contains(&axis.to);
        let candidates = (0..self.axes.len()).filter(|index| makes_rows(&self.axes[*index]));
        let longest = candidates.max_by_key(|index| self.axes[*index].len);
        let mut others = self.axes.clone();
        let single = Axis {
            len: 1,
            from: self.width,
            to: self.width,
        };
        let rows = longest.map_or(single, |index| others.remove(index));
        let (from, to, width) = (self.from, self.to, self.width);
        (0..count(&others)).map(move |index| {
            let (other_from, other_to) = at(&others, index);
            Rows {
                from: from + other_from,
                to: to + other_to,
                width,
                height: rows.len,
                from_pitch: rows.from,
                to_pitch: rows.to,
            }
        })
    }
}

impl Axis {
    /// Whether the one around this one goes on where it ends, on both sides.
    fn is_continued_by(&self, outer: &Self) -> bool {
        outer.from == self.from * self.len && outer.to == self.to * self.len
    }
}

/// Lengths and strides of axes.
type Strides = SmallVec<[(usize, usize); 4]>;

/// The axes of a layout that have more than one step, each with its length and stride, and where its
/// last byte ends. `None` if it has no bytes.
fn check(layout: &Layout) -> Result<Option<(Strides, usize)>, String> {
    if layout.element == 0 || layout.axes.iter().any(|axis| axis.len == 0) {
        return Ok(None);
    }
    let too_large = || {
        format!(
            "no device has room for elements of shape {:?}",
            shape(layout)
        )
    };
    let mut axes = Strides::new();
    let mut bytes = layout.element;
    let mut end = layout.offset.checked_add(layout.element);
    for axis in layout.axes.iter().filter(|axis| axis.len > 1) {
        let Some(stride) = usize::try_from(axis.stride).ok().filter(|it| *it > 0) else {
            let stride = axis.stride;
            return Err(format!(
                "elements on a device can't be {stride} bytes apart"
            ));
        };
        bytes = bytes.checked_mul(axis.len).ok_or_else(too_large)?;
        let span = stride.checked_mul(axis.len - 1);
        end = end.zip(span).and_then(|(end, span)| end.checked_add(span));
        axes.push((axis.len, stride));
    }
    Ok(Some((axes, end.ok_or_else(too_large)?)))
}

/// Where the last byte of a layout ends; zero if it has none.
pub(crate) fn end_of(layout: &Layout) -> Result<usize, String> {
    Ok(check(layout)?.map_or(0, |(_, end)| end))
}

fn shape(layout: &Layout) -> Vec<usize> {
    layout.axes.iter().map(|axis| axis.len).collect()
}

/// The layout of the same elements without gaps.
fn packed(layout: &Layout) -> Layout {
    Layout::packed(layout.element, shape(layout))
}

fn count(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.len).product()
}

/// Where the step of that number is, counted with the last axis fastest.
fn at(axes: &[Axis], mut index: usize) -> (usize, usize) {
    let (mut from, mut to) = (0, 0);
    for axis in axes.iter().rev() {
        let step = index % axis.len;
        index /= axis.len;
        from += step * axis.from;
        to += step * axis.to;
    }
    (from, to)
}
