//! How a region is split into parts along its axes. Pure.

use std::num::NonZeroUsize;

use smallvec::SmallVec;

use super::{Region, Span};

/// How one axis is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Not at all.
    Whole,
    /// Parts of that many indices; the last one has what is left.
    Every(NonZeroUsize),
    /// That many parts, as even as possible: the first ones have an index more. If there are fewer
    /// indices than parts, the last parts are empty.
    Into(NonZeroUsize),
}

impl Cut {
    fn count(self, len: usize) -> usize {
        match self {
            Self::Whole => 1,
            Self::Every(size) => len.div_ceil(size.get()),
            Self::Into(parts) => parts.get(),
        }
    }

    /// The part with that number, as indices within an axis of that length.
    fn part(self, len: usize, number: usize) -> Span {
        match self {
            Self::Whole => Span::new(0, len, 1),
            Self::Every(size) => {
                let start = number * size.get();
                Span::new(start, size.get().min(len - start), 1)
            }
            Self::Into(parts) => {
                let (least, more) = (len / parts.get(), len % parts.get());
                let start = number * least + number.min(more);
                Span::new(start, least + usize::from(number < more), 1)
            }
        }
    }
}

/// The parts of a region, a grid of them. Each element of the region is in exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tiles {
    region: Region,
    cuts: SmallVec<[Cut; 2]>,
}

impl Tiles {
    /// Splits a region, each axis by its own cut. Axes without one stay whole.
    pub(crate) fn new(region: Region, cuts: impl IntoIterator<Item = Cut>) -> Self {
        let cuts = cuts.into_iter().chain(std::iter::repeat(Cut::Whole));
        let cuts = cuts.take(region.spans().len()).collect();
        Self { region, cuts }
    }

    /// The number of tiles along each axis.
    pub(crate) fn grid(&self) -> impl Iterator<Item = usize> {
        let axes = std::iter::zip(&self.cuts, self.region.spans());
        axes.map(|(cut, span)| cut.count(span.len()))
    }

    /// The number of tiles.
    pub(crate) fn count(&self) -> usize {
        self.grid().fold(1, usize::saturating_mul)
    }

    /// The tile at that place in the grid, as a region of the array. None if there is no such place.
    pub(crate) fn at(&self, place: &[usize]) -> Option<Region> {
        let within = place.len() == self.cuts.len()
            && std::iter::zip(place, self.grid()).all(|(&at, count)| at < count);
        let axes = self.cuts.iter().zip(self.region.spans()).zip(place);
        within.then(|| {
            Region::new(axes.map(|((cut, span), &at)| span.select(cut.part(span.len(), at))))
        })
    }

    /// All tiles, those along the last axis next to each other.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Region> {
        (0..self.count()).filter_map(|number| self.at(&self.place(number)))
    }

    /// Where the tile with that number is in the grid.
    pub(crate) fn place(&self, mut number: usize) -> SmallVec<[usize; 4]> {
        let mut place: SmallVec<[usize; 4]> = self.grid().collect();
        for at in place.iter_mut().rev() {
            let count = *at;
            *at = number % count;
            number /= count;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(size: usize) -> Cut {
        Cut::Every(NonZeroUsize::new(size).unwrap())
    }

    fn into(parts: usize) -> Cut {
        Cut::Into(NonZeroUsize::new(parts).unwrap())
    }

    fn texts(tiles: &Tiles) -> Vec<String> {
        tiles.iter().map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn the_last_tile_of_a_size_has_what_is_left() {
        let tiles = Tiles::new(Region::whole(&[5, 4]), [every(2), every(3)]);
        assert_eq!(tiles.grid().collect::<Vec<_>>(), [3, 2]);
        assert_eq!(
            texts(&tiles),
            [
                "[0..2, 0..3]",
                "[0..2, 3..4]",
                "[2..4, 0..3]",
                "[2..4, 3..4]",
                "[4..5, 0..3]",
                "[4..5, 3..4]"
            ]
        );
        assert_eq!(tiles.at(&[3, 0]), None);
        assert_eq!(tiles.at(&[0]), None);
    }

    #[test]
    fn a_number_of_parts_is_as_even_as_possible() {
        let tiles = Tiles::new(Region::whole(&[8, 2]), [into(3)]);
        assert_eq!(
            texts(&tiles),
            ["[0..3, 0..2]", "[3..6, 0..2]", "[6..8, 0..2]"]
        );
        let many = Tiles::new(Region::whole(&[2]), [into(3)]);
        assert_eq!(texts(&many), ["[0..1]", "[1..2]", "[0..0]"]);
    }

    #[test]
    fn tiles_of_a_region_are_regions_of_the_array() {
        let odd = Region::new([Span::new(1, 5, 2)]);
        let tiles = Tiles::new(odd, [every(2)]);
        assert_eq!(texts(&tiles), ["[1..4; 2]", "[5..8; 2]", "[9..10]"]);
    }

    #[test]
    fn nothing_has_no_tiles_of_a_size() {
        let tiles = Tiles::new(Region::whole(&[0, 3]), [every(2), every(2)]);
        assert_eq!(tiles.count(), 0);
        assert_eq!(tiles.iter().count(), 0);
    }

    #[test]
    fn a_single_element_is_its_own_tile() {
        let tiles = Tiles::new(Region::whole(&[]), []);
        assert_eq!(texts(&tiles), ["[]"]);
    }
}
