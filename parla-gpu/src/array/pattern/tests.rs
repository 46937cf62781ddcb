//! Patterns against the plain meaning of layouts: one byte at a time.

use parla_runtime::{Axis, Layout};
use proptest::prelude::*;

use super::{Pattern, end_of};
use crate::cuda::Rows;

fn layout(element: usize, offset: usize, axes: &[(usize, isize)]) -> Layout {
    let axes = axes.iter().map(|&(len, stride)| Axis { len, stride });
    Layout {
        element,
        offset,
        axes: axes.collect(),
    }
}

/// Where each byte is, in the order of the indices.
fn bytes_of(layout: &Layout) -> Vec<usize> {
    let mut places = vec![layout.offset];
    for axis in &layout.axes {
        let steps = |place| (0..axis.len).map(move |it| place + it * axis.stride as usize);
        places = places.into_iter().flat_map(steps).collect();
    }
    let bytes = places.into_iter();
    bytes.flat_map(|it| it..it + layout.element).collect()
}

/// Pairs of places that the rows copy, in their order.
fn copied(rows: impl Iterator<Item = Rows>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for rows in rows {
        for row in 0..rows.height {
            let from = rows.from + row * rows.from_pitch;
            let to = rows.to + row * rows.to_pitch;
            pairs.extend((0..rows.width).map(|byte| (from + byte, to + byte)));
        }
    }
    pairs
}

fn sorted(mut pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    pairs.sort_unstable();
    pairs
}

/// A layout of that shape: an array that is larger on all sides, of which every so-many-th element
/// along each axis is taken.
fn strided(element: usize, shape: Vec<usize>) -> impl Strategy<Value = Layout> {
    let axis = (0..3_usize, 1..4_usize, 0..3_usize);
    prop::collection::vec(axis, shape.len()).prop_map(move |room| {
        let mut axes = Vec::new();
        let (mut stride, mut offset) = (element, 0);
        for (&len, (before, step, after)) in shape.iter().zip(room).rev() {
            axes.push((len, (stride * step) as isize));
            offset += before * stride;
            stride *= before + len * step + after;
        }
        axes.reverse();
        layout(element, offset, &axes)
    })
}

fn pairs_of_layouts() -> impl Strategy<Value = (Layout, Layout)> {
    let shape = prop::collection::vec(1..6_usize, 0..5);
    (prop::sample::select(vec![1, 2, 4, 12_usize]), shape).prop_flat_map(|(element, shape)| {
        (strided(element, shape.clone()), strided(element, shape))
    })
}

proptest! {
    #[test]
    fn every_byte_goes_where_its_index_says((from, to) in pairs_of_layouts()) {
        let pattern = Pattern::between(&from, &to).unwrap().unwrap();
        let (from, to) = (bytes_of(&from), bytes_of(&to));
        prop_assert_eq!(pattern.bytes(), from.len());
        let expected = from.into_iter().zip(to).collect();
        prop_assert_eq!(sorted(copied(pattern.rows())), sorted(expected));
    }

    #[test]
    fn pieces_are_parts_of_what_is_packed((from, to) in pairs_of_layouts(), most in 1..200_usize) {
        let pattern = Pattern::between(&from, &to).unwrap().unwrap();
        let (from, to) = (bytes_of(&from), bytes_of(&to));
        let mut done = 0;
        for piece in pattern.pieces(most) {
            let bytes = piece.bytes();
            prop_assert!((1..=most).contains(&bytes));
            let part = done..done + bytes;
            let packed = || 0..bytes;
            let gathered = from[part.clone()].iter().copied().zip(packed()).collect();
            prop_assert_eq!(sorted(copied(piece.clone().pack().rows())), sorted(gathered));
            let scattered = packed().zip(to[part].iter().copied()).collect();
            prop_assert_eq!(sorted(copied(piece.unpack().rows())), sorted(scattered));
            done += bytes;
        }
        prop_assert_eq!(done, pattern.bytes());
    }

    #[test]
    fn the_end_is_behind_the_last_byte((layout, _) in pairs_of_layouts()) {
        let last = bytes_of(&layout).into_iter().max().unwrap();
        prop_assert_eq!(end_of(&layout), Ok(last + 1));
    }
}

fn rows_from_host(to: &Layout) -> Vec<Rows> {
    Pattern::from_host(to).unwrap().unwrap().rows().collect()
}

#[test]
fn what_lies_together_is_copied_together() {
    let whole = layout(4, 8, &[(3, 80), (5, 16), (4, 4)]);
    let rows = rows_from_host(&whole);
    assert_eq!((rows[0].width, rows[0].height, rows.len()), (60 * 4, 1, 1));
    let tile = rows_from_host(&layout(4, 8, &[(3, 400), (5, 4)]));
    assert_eq!((tile[0].width, tile[0].height, tile.len()), (20, 3, 1));
    assert_eq!((tile[0].from_pitch, tile[0].to_pitch), (20, 400));
    // Two axes with the same step everywhere are one.
    let steps = rows_from_host(&layout(4, 0, &[(3, 40), (5, 8)]));
    assert_eq!((steps[0].width, steps[0].height, steps.len()), (4, 15, 1));
    // The longest axis makes the rows.
    let both = rows_from_host(&layout(4, 0, &[(100, 800), (5, 8)]));
    assert_eq!((both[0].width, both[0].height, both.len()), (4, 100, 5));
}

#[test]
fn rows_too_far_apart_are_copied_one_by_one() {
    let far = layout(4, 0, &[(3, 1 << 31), (5, 4)]);
    let rows = rows_from_host(&far);
    let shapes: Vec<_> = rows.iter().map(|it| (it.to, it.width, it.height)).collect();
    assert_eq!(shapes, [(0, 20, 1), (1 << 31, 20, 1), (1 << 32, 20, 1)]);
}

#[test]
fn pieces_are_as_large_as_may_be() {
    let tile = layout(4, 0, &[(1000, 8000), (100, 4)]);
    let pattern = Pattern::from_host(&tile).unwrap().unwrap();
    let sizes: Vec<_> = pattern.pieces(100_000).map(|it| it.bytes()).collect();
    assert_eq!(sizes, [100_000; 4]);
    let sizes: Vec<_> = pattern.pieces(150_000).map(|it| it.bytes()).collect();
    assert_eq!(sizes, [150_000, 150_000, 100_000]);
}

#[test]
fn nothing_is_copied_where_nothing_is() {
    let nothing = layout(4, 100, &[(3, 0), (0, 4)]);
    assert_eq!(Pattern::between(&nothing, &nothing), Ok(None));
    assert_eq!(end_of(&nothing), Ok(0));
    let no_bytes = layout(0, 0, &[(3, 0)]);
    assert_eq!(Pattern::from_host(&no_bytes), Ok(None));
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let row = layout(4, 0, &[(6, 4)]);
    for (other, why) in [
        (
            layout(2, 0, &[(6, 2)]),
            "elements of 4 bytes to elements of 2",
        ),
        (
            layout(4, 0, &[(2, 12), (3, 4)]),
            "shape [6] to shape [2, 3]",
        ),
        (layout(4, 0, &[(0, 4)]), "shape [6] to shape [0]"),
        (layout(4, 0, &[(6, -4)]), "can't be -4 bytes apart"),
        (layout(4, 0, &[(6, 0)]), "can't be 0 bytes apart"),
        (
            layout(4, 0, &[(1 << 40, 4), (1 << 40, 4)]),
            "no device has room",
        ),
        (layout(4, usize::MAX, &[(6, 4)]), "no device has room"),
    ] {
        let error = Pattern::between(&row, &other).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    // An axis of one element is none.
    let column = layout(4, 0, &[(6, 4), (1, 99)]);
    assert!(Pattern::between(&row, &column).unwrap().is_some());
}
