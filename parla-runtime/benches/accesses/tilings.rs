//! Regions of an array, as programs use them.

use crate::region::{Cut, Region, Span, Tiles};

/// About that many regions.
pub(crate) type Tiling = fn(usize) -> Vec<Region>;

pub(crate) const TILINGS: &[(&str, Tiling)] = &[
    ("1-d, equal", |count| equal(1, count)),
    ("2-d, equal", |count| equal(2, count)),
    ("3-d, equal", |count| equal(3, count)),
    ("1-d, mixed", |count| mixed(1, count)),
    ("2-d, mixed", |count| mixed(2, count)),
    ("3-d, mixed", |count| mixed(3, count)),
    ("2-d, equal, the whole and a row", among_larger),
    ("1-d, every hundredth", interleaved),
    ("triangle of rows", triangle),
];

fn side(axes: usize, count: usize) -> usize {
    (count as f64).powf(1.0 / axes as f64).round() as usize
}

/// Tiles of 100 by 60 by 20, those at the ends smaller.
fn equal(axes: usize, count: usize) -> Vec<Region> {
    let sizes = &[100, 60, 20][..axes];
    let side = side(axes, count);
    let shape: Vec<usize> = sizes.iter().map(|size| size * side - size / 2).collect();
    let cuts = sizes
        .iter()
        .map(|&size| Cut::Every(size.try_into().expect("not zero")));
    Tiles::new(Region::whole(&shape), cuts).iter().collect()
}

/// Each axis is cut into lengths between 16 and 128.
fn mixed(axes: usize, count: usize) -> Vec<Region> {
    let mut random = fastrand::Rng::with_seed(7);
    let side = side(axes, count);
    let mut regions = vec![Vec::new()];
    for _ in 0..axes {
        let mut start = 0;
        let mut next = || {
            let len = random.usize(16..=128);
            start += len;
            Span::new(start - len, len, 1)
        };
        let spans: Vec<Span> = (0..side).map(|_| next()).collect();
        let with = |region: &Vec<Span>| {
            let region = region.clone();
            spans
                .iter()
                .map(move |&span| [&region[..], &[span]].concat())
        };
        regions = regions.iter().flat_map(with).collect();
    }
    regions.into_iter().map(Region::new).collect()
}

/// After an access to the whole, and one to a row of elements.
fn among_larger(count: usize) -> Vec<Region> {
    let tiles = equal(2, count);
    let end = |axis: usize| tiles.iter().map(|tile| tile.spans()[axis].last() + 1).max();
    let (rows, columns) = (end(0).unwrap_or(0), end(1).unwrap_or(0));
    let row = Region::new([Span::new(rows / 2, 1, 1), Span::new(0, columns, 1)]);
    [Region::whole(&[rows, columns]), row]
        .into_iter()
        .chain(tiles)
        .collect()
}

/// In each thousand of elements, those with the same remainder by a hundred.
fn interleaved(count: usize) -> Vec<Region> {
    let span = |number: usize| Span::new(number / 100 * 1000 + number % 100, 10, 100);
    (0..count)
        .map(|number| Region::new([span(number)]))
        .collect()
}

/// Row n has n elements.
fn triangle(count: usize) -> Vec<Region> {
    let row = |row: usize| Region::new([Span::new(row, 1, 1), Span::new(0, row + 1, 1)]);
    (0..count).map(row).collect()
}
