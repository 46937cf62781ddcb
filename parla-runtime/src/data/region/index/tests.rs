//! The index against a list of its entries.

use proptest::prelude::*;

use super::super::{Cut, Tiles};
use super::*;

#[derive(Debug, Clone)]
enum Step {
    Insert(Region),
    Remove(usize),
    Retain(u32),
}

fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        // Tiles, mixed sizes, strides, and what lies across them all.
        8 => (0..16_usize).prop_map(|tile| Span::new(tile * 5 + 3, 5, 1)),
        4 => (0..80_usize, 1..40_usize).prop_map(|(start, len)| Span::new(start, len, 1)),
        2 => (0..60_usize, 1..8_usize, 2..7_usize).prop_map(|(start, len, step)| Span::new(start, len, step)),
        1 => Just(Span::new(0, 120, 1)),
        1 => (0..80_usize).prop_map(|at| Span::new(at, 1, 1)),
    ]
}

fn any_region(axes: usize) -> impl Strategy<Value = Region> {
    prop::collection::vec(any_span(), axes).prop_map(Region::new)
}

fn any_step(axes: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_region(axes).prop_map(Step::Insert),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => (2..5_u32).prop_map(Step::Retain),
    ]
}

fn any_steps() -> impl Strategy<Value = (Vec<Step>, Vec<Region>)> {
    (0..=3_usize).prop_flat_map(|axes| {
        let steps = prop::collection::vec(any_step(axes), 1..250);
        (steps, prop::collection::vec(any_region(axes), 20))
    })
}

fn check(index: &RegionIndex<u32>, model: &[(Key, Region, u32)], region: &Region) {
    let mut found = Vec::new();
    index.overlapping(region, |key, of, value| {
        found.push((key, of.clone(), *value));
    });
    let mut expected: Vec<_> = model
        .iter()
        .filter(|(_, of, _)| of.overlaps(region))
        .cloned()
        .collect();
    found.sort_by_key(|(_, _, value)| *value);
    expected.sort_by_key(|(_, _, value)| *value);
    assert_eq!(found, expected, "overlapping {region}");
    let equal = model.iter().find(|(_, of, _)| of == region);
    assert_eq!(index.find(region), equal.map(|(key, ..)| *key));
    assert_eq!(index.len(), model.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_index_finds_what_a_list_has((steps, queries) in any_steps()) {
        let mut index = RegionIndex::new();
        let mut model: Vec<(Key, Region, u32)> = Vec::new();
        for (value, step) in (0..).zip(steps) {
            match step {
                Step::Insert(region) => {
                    check(&index, &model, &region);
                    let key = index.insert(region.clone(), value);
                    model.retain(|(of, ..)| *of != key);
                    model.push((key, region, value));
                }
                Step::Remove(which) if !model.is_empty() => {
                    let (key, region, value) = model.swap_remove(which % model.len());
                    prop_assert_eq!(index.get(key), Some((&region, &value)));
                    prop_assert_eq!(index.remove(key), Some((region, value)));
                }
                Step::Remove(_) => {}
                Step::Retain(by) => {
                    index.retain(|value| *value % by == 0);
                    model.retain(|(.., value)| *value % by == 0);
                }
            }
        }
        for region in &queries {
            check(&index, &model, region);
        }
    }
}

fn every(size: usize) -> Cut {
    Cut::Every(size.try_into().unwrap())
}

/// How many boxes were looked at to see what overlaps each entry.
fn looks(index: &RegionIndex<()>) -> usize {
    let looks = std::cell::Cell::new(0);
    for (_, entry) in &index.entries {
        for grid in &index.grids {
            grid.near(&entry.region, |_, _| looks.set(looks.get() + 1));
        }
    }
    looks.get()
}

#[test]
fn a_tile_has_a_cell_for_itself() {
    let mut index = RegionIndex::new();
    let inner = Region::new([Span::new(1, 1000, 1), Span::new(1, 999, 1)]);
    for tile in Tiles::new(inner, [every(30), every(70)]).iter() {
        index.insert(tile, ());
    }
    assert_eq!(index.len(), 34 * 15);
    assert_eq!(looks(&index), index.len());
}

#[test]
fn mixed_sizes_share_few_grids_with_few_in_a_cell() {
    let mut index = RegionIndex::new();
    let mut random = fastrand::Rng::with_seed(7);
    let mut cuts = || {
        let mut at = 0;
        let mut next = || {
            let start = at;
            at += random.usize(16..=128);
            Span::new(start, at - start, 1)
        };
        (0..40).map(|_| next()).collect::<Vec<_>>()
    };
    let (rows, columns) = (cuts(), cuts());
    for &row in &rows {
        for &column in &columns {
            index.insert(Region::new([row, column]), ());
        }
    }
    assert!(index.grids.len() <= FEW, "{} grids", index.grids.len());
    assert!(looks(&index) < 40 * index.len(), "{} looks", looks(&index));
}

#[test]
fn sizes_that_grow_make_few_grids() {
    let mut index = RegionIndex::new();
    for row in 0..2000 {
        index.insert(
            Region::new([Span::new(row, 1, 1), Span::new(0, row + 1, 1)]),
            (),
        );
    }
    assert!(index.grids.len() <= 2 * FEW, "{} grids", index.grids.len());
    assert!(looks(&index) < 10 * index.len(), "{} looks", looks(&index));
}

#[test]
fn many_axes_are_no_matter() {
    let mut index = RegionIndex::new();
    let bit = |number: usize, axis: usize| Span::new(number >> axis & 1, 1, 1);
    for number in 0..1000 {
        index.insert(Region::new((0..20).map(|axis| bit(number, axis))), number);
    }
    let mut found = Vec::new();
    index.overlapping(&Region::whole(&[2; 20]), |_, _, value| found.push(*value));
    assert_eq!(found.len(), 1000);
    let shifted = Region::new((0..20).map(|_| Span::new(1, 2, 1)));
    let key = index.insert(shifted, 0);
    assert!(index.remove(key).is_some());
}

#[test]
fn what_is_gone_takes_no_memory() {
    let mut index = RegionIndex::new();
    for tile in Tiles::new(Region::whole(&[10_000]), [every(1)]).iter() {
        index.insert(tile, false);
    }
    index.retain(|kept| *kept);
    assert_eq!(index.len(), 0);
    assert!(
        index.entries.capacity() < 100,
        "{}",
        index.entries.capacity()
    );
    assert!(index.equal.capacity() < 100, "{}", index.equal.capacity());
}
