//! Blocks of sources: how one job stands for many nodes, and how it is split among workers.
//!
//! The sources, filled up to a power of two, are the leaves of a binary tree. Its vertices are
//! numbered as in a heap: the root is 1, the halves of `k` are `2k` and `2k + 1`. So one number
//! tells a block.

/// Marks the part of a job as a block.
const BLOCK: u32 = 1 << 31;
/// All sources, as the part of a job.
pub(super) const WHOLE: u32 = BLOCK | 1;

/// Whether that part of a job is a block; if not, it is a node.
pub(super) fn is_block(part: u32) -> bool {
    part & BLOCK != 0
}

/// A block that is being run, source by source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its number in the tree.
    number: u32,
    begin: usize,
    /// Of the tree; beyond `sources` there are none.
    size: usize,
    /// The next source to run.
    next: usize,
    sources: usize,
}

impl Block {
    /// The block of which that is the part; `None` if the part is a node.
    pub(super) fn of(part: u32, sources: usize) -> Option<Self> {
        if !is_block(part) {
            return None;
        }
        let number = part & !BLOCK;
        let level = number.ilog2();
        let size = sources.next_power_of_two() >> level;
        let begin = (number as usize - (1 << level)) * size;
        Some(Self {
            number,
            begin,
            size,
            next: begin,
            sources,
        })
    }

    /// The position of the next source to run.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        let next = self.next;
        let end = self.sources.min(self.begin + self.size);
        (next < end).then(|| {
            self.next += 1;
            next
        })
    }

    /// Splits off the far half of what is left to run, as the part of a job; `None` if no more than
    /// one source is left.
    pub(super) fn split(&mut self) -> Option<u32> {
        while self.size > 1 {
            self.size /= 2;
            let middle = self.begin + self.size;
            self.number *= 2;
            if self.next >= middle {
                self.number += 1;
                self.begin = middle;
            } else if middle < self.sources {
                return Some(BLOCK | (self.number + 1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a block and what is split off it, splitting before every `every`-th source.
    fn run(part: u32, sources: usize, every: usize, ran: &mut Vec<usize>) {
        let mut block = Block::of(part, sources).expect("a block");
        let mut split_off = Vec::new();
        loop {
            if ran.len().is_multiple_of(every) {
                split_off.extend(block.split());
            }
            let Some(source) = block.next() else { break };
            ran.push(source);
        }
        for part in split_off {
            let before = ran.len();
            run(part, sources, every, ran);
            assert!(ran.len() > before, "no block is empty");
        }
    }

    #[test]
    fn every_source_is_in_one_block_however_it_is_split() {
        for sources in 1..70 {
            for every in 1..9 {
                let mut ran = Vec::new();
                run(WHOLE, sources, every, &mut ran);
                ran.sort_unstable();
                assert!(ran.into_iter().eq(0..sources), "{sources} {every}");
            }
        }
    }

    #[test]
    fn halves_are_split_off_from_the_far_end() {
        let mut block = Block::of(WHOLE, 8).expect("a block");
        assert_eq!(block.split(), Some(BLOCK | 3));
        assert_eq!(block.split(), Some(BLOCK | 5));
        assert_eq!(block.next(), Some(0));
        assert_eq!(block.split(), None, "one is left");
        assert_eq!(block.next(), Some(1));
        assert_eq!(block.next(), None);
        assert_eq!(Block::of(7, 8), None, "a node");
    }
}
