//! Regions against sets of indices.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

type Set = BTreeSet<Vec<usize>>;

fn indices(span: Span) -> Vec<usize> {
    (0..span.len())
        .map(|k| span.start() + k * span.step())
        .collect()
}

fn set(region: &Region) -> Set {
    let mut all = BTreeSet::from([Vec::new()]);
    for &span in region.spans() {
        let longer = |index: &Vec<usize>| {
            let index = index.clone();
            indices(span)
                .into_iter()
                .map(move |last| [&index[..], &[last]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// With many that touch, are equal, or differ by a little.
fn any_span(most: usize) -> impl Strategy<Value = Span> {
    (0..most, 0..most, 1..6_usize, any::<bool>()).prop_map(move |(start, len, step, is_box)| {
        let step = if is_box { 1 } else { step };
        Span::new(start, len.min((most - start).div_ceil(step)), step)
    })
}

fn any_region(axes: usize) -> impl Strategy<Value = Region> {
    let most = [24, 24, 10, 7, 5][axes];
    prop::collection::vec(any_span(most), axes).prop_map(Region::new)
}

fn any_pair() -> impl Strategy<Value = (Region, Region)> {
    (1..=4_usize).prop_flat_map(|axes| (any_region(axes), any_region(axes)))
}

/// Two regions that differ along one axis.
fn any_neighbours() -> impl Strategy<Value = (Region, Region)> {
    (any_pair(), 0..4_usize).prop_map(|((a, b), axis)| {
        let axis = axis % a.spans().len();
        let mut spans = a.spans().to_vec();
        spans[axis] = b.spans()[axis];
        (a, Region::new(spans))
    })
}

fn disjoint(regions: &[Region]) -> bool {
    let pairs = |k: usize| regions[..k].iter().map(move |other| (other, k));
    (0..regions.len())
        .flat_map(pairs)
        .all(|(other, k)| set(other).is_disjoint(&set(&regions[k])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_pair_is_as_its_sets((a, b) in any_pair()) {
        let (left, right) = (set(&a), set(&b));
        prop_assert_eq!(a.count(), left.len());
        prop_assert_eq!(a.is_empty(), left.is_empty());
        prop_assert_eq!(a.overlaps(&b), !left.is_disjoint(&right));
        prop_assert_eq!(a.covers(&b), left.is_superset(&right));
        prop_assert_eq!(set(&a.intersect(&b)), &left & &right);
        let pieces = a.subtract(&b);
        prop_assert!(disjoint(&pieces), "{a} - {b} is {pieces:?}");
        let union = pieces.iter().flat_map(set).collect::<Set>();
        prop_assert_eq!(union, &left - &right);
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
    }

    #[test]
    fn equal_sets_are_equal_regions((a, b) in any_neighbours()) {
        let both_empty = a.is_empty() && b.is_empty();
        prop_assert_eq!(a == b || both_empty, set(&a) == set(&b));
    }

    #[test]
    fn boxes_leave_two_boxes_for_each_axis((a, b) in any_pair()) {
        let solid = |region: &Region| Region::new(
            region.spans().iter().map(|span| Span::new(span.start(), span.len(), 1)),
        );
        let (a, b) = (solid(&a), solid(&b));
        let pieces = a.subtract(&b);
        prop_assert!(pieces.len() <= 2 * a.spans().len());
        prop_assert!(pieces.iter().all(|piece| piece.spans().iter().all(|span| span.step() == 1)));
    }

    #[test]
    fn merging_finds_the_union_if_it_is_a_region((a, b) in any_neighbours()) {
        let union = &set(&a) | &set(&b);
        match a.merge(&b) {
            Some(merged) => prop_assert_eq!(set(&merged), union),
            None => prop_assert!(is_no_region(&union), "{a} and {b} are one"),
        }
    }

    #[test]
    fn selecting_is_indexing_twice((outer, inner) in any_pair()) {
        let selected = outer.select(&inner);
        let of = |index: Vec<usize>| -> Option<Vec<usize>> {
            let axes = zip(outer.spans(), index);
            axes.map(|(span, at)| indices(*span).get(at).copied()).collect()
        };
        let expected: Set = set(&inner).into_iter().filter_map(of).collect();
        prop_assert_eq!(set(&selected), expected);
        let back = selected.relative_to(&outer);
        prop_assert_eq!(outer.select(&back), selected);
    }

    #[test]
    fn large_steps_meet_where_the_remainder_says(
        (a, b) in (1..usize::MAX, 1..usize::MAX),
        (x, y) in (any::<usize>(), any::<usize>()),
        shared in 1..1000_usize,
    ) {
        let along = |start, step| Span::new(start, usize::MAX, step);
        let small = (a % 100_000 + 1, b % 100_000 + 1);
        for (a, b) in [(a, b), small, (a % 1000 * shared + 1, shared)] {
            let (one, other) = (along(x / 2, a), along(y / 2, b));
            let common = one.intersect(other);
            prop_assert_eq!(common.len() > 0, one.overlaps(other));
            prop_assert!(one.covers(common) && other.covers(common));
            if a.max(b) <= 100_000 {
                let step = (1..=a.min(b)).rfind(|by| a % by == 0 && b % by == 0);
                let distance = one.start().abs_diff(other.start());
                prop_assert_eq!(common.len() > 0, distance.is_multiple_of(step.unwrap()));
            }
            if common.len() > 1 {
                // The least common multiple: nothing between two that follow each other.
                let (a, b) = (one.step() as u128, other.step() as u128);
                let least = (1..).map(|k| k * a.max(b)).find(|m| m % a.min(b) == 0);
                prop_assert_eq!(Some(common.step() as u128), least);
            }
        }
    }
}

/// Whether no product of progressions is that set: its projections have others between or beside.
fn is_no_region(set: &Set) -> bool {
    let axes = set.first().map_or(0, Vec::len);
    let projections: Vec<BTreeSet<usize>> = (0..axes)
        .map(|axis| set.iter().map(|index| index[axis]).collect())
        .collect();
    let even = |of: &BTreeSet<usize>| {
        let of: Vec<usize> = of.iter().copied().collect();
        of.windows(3).all(|w| w[1] - w[0] == w[2] - w[1])
    };
    let product: usize = projections.iter().map(BTreeSet::len).product();
    product != set.len() || !projections.iter().all(even)
}

#[test]
fn spans_meet_by_their_remainders() {
    // 1 modulo 6 and 3 modulo 8: from 19 on, every 24.
    let (a, b) = (Span::new(1, 100, 6), Span::new(3, 100, 8));
    assert_eq!(a.intersect(b), Span::new(19, 25, 24));
    assert!(!Span::new(0, 100, 6).overlaps(Span::new(1, 100, 8)));
    assert!(Span::new(1, 100, 6).overlaps(b));
    // In the bounds of both, but the first common one is behind them.
    assert!(!Span::new(1, 3, 6).overlaps(Span::new(3, 2, 8)));
}

#[test]
fn nothing_overflows() {
    let end = usize::MAX;
    let last = Span::new(end, 5, 3);
    assert_eq!((last.len(), last.last()), (1, end));
    let (a, b) = (Span::new(0, end, end - 1), Span::new(1, end, end - 2));
    assert_eq!((a.last(), b.last()), (end - 1, end - 1));
    assert_eq!(a.intersect(b), Span::new(end - 1, 1, 1));
    assert!(!Span::new(0, 2, end - 1).overlaps(Span::new(1, 2, end - 3)));
    // A step that matters to no second index.
    assert_eq!(
        Span::new(0, 9, end / 2).select(Span::new(0, 9, 3)),
        Span::new(0, 1, 1)
    );
    assert_eq!(Region::whole(&[end, end]).count(), end);
}

#[test]
fn a_strided_hole_leaves_few_pieces() {
    let every = Span::new(0, 1000, 1);
    // Seven other remainders; these and what is around; the two gaps between three far ones and
    // what is around.
    assert_eq!(every.subtract(Span::new(5, 125, 8)).len(), 7);
    assert_eq!(every.subtract(Span::new(85, 100, 8)).len(), 9);
    assert_eq!(every.subtract(Span::new(10, 3, 400)).len(), 4);
}

#[test]
fn axes_are_cut_from_the_first_on() {
    let whole = Region::whole(&[8, 8]);
    let middle = Region::new([Span::new(2, 4, 1), Span::new(2, 4, 1)]);
    let texts: Vec<_> = whole
        .subtract(&middle)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        texts,
        [
            "[0..2, 0..8]",
            "[6..8, 0..8]",
            "[2..6, 0..2]",
            "[2..6, 6..8]"
        ]
    );
}

#[test]
fn regions_are_written_as_the_macros_write_them() {
    let region = Region::new([Span::new(0, 4, 1), Span::new(2, 4, 2)]);
    assert_eq!(region.to_string(), "[0..4, 2..9; 2]");
    assert_eq!(Region::whole(&[3, 0]).to_string(), "[0..3, 0..0]");
    assert_eq!(Region::whole(&[]).to_string(), "[]");
}
