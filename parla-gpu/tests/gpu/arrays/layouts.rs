//! What is copied lands where it belongs and nowhere else, whatever the strides.

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, IxDyn, Slice};
use parla_runtime::{Axis, BlockSlice, DeviceMemory, Layout};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::machine::{Machine, Packed, block_of, contents};

/// Along each axis: room before, the step, room behind.
type Steps = Vec<(usize, usize, usize)>;

/// Every so-many-th element of a larger array, on a device and as it should be.
struct Tile {
    block: BlockSlice,
    model: ArrayD<u32>,
    steps: Steps,
    shape: Vec<usize>,
}

impl Tile {
    /// In an array of its own that begins with `first` and counts up.
    fn new(memory: &dyn DeviceMemory, first: u32, shape: &[usize], steps: &Steps) -> Self {
        let room = |(len, (before, step, after)): (&usize, &(usize, usize, usize))| {
            before + (len - 1) * step + 1 + after
        };
        let whole: Vec<_> = shape.iter().zip(steps).map(room).collect();
        let count = whole.iter().product::<usize>() as u32;
        let numbers: Vec<u32> = (first..first + count).collect();
        let block = block_of::<u32>(memory, &whole).unwrap();
        memory.upload(&Packed::of(&numbers), &block).unwrap();
        Self {
            block,
            model: ArrayD::from_shape_vec(IxDyn(&whole), numbers).unwrap(),
            steps: steps.clone(),
            shape: shape.to_vec(),
        }
    }

    /// Where the tile is in its block.
    fn slice(&self) -> BlockSlice {
        let whole = &self.block.layout;
        let mut layout = Layout::packed(4, []);
        for ((axis, len), (before, step, _)) in whole.axes.iter().zip(&self.shape).zip(&self.steps)
        {
            layout.offset += before * axis.stride as usize;
            layout.axes.push(Axis {
                len: *len,
                stride: axis.stride * *step as isize,
            });
        }
        BlockSlice {
            block: self.block.block.clone(),
            layout,
        }
    }

    fn along(&self, axis: usize) -> Slice {
        let (before, step, _) = self.steps[axis];
        let end = before + (self.shape[axis] - 1) * step + 1;
        Slice::new(before as isize, Some(end as isize), step as isize)
    }

    fn expected(&self) -> ArrayViewD<'_, u32> {
        self.model.slice_each_axis(|it| self.along(it.axis.index()))
    }

    fn expected_mut(&mut self) -> ArrayViewMutD<'_, u32> {
        let along: Vec<_> = (0..self.shape.len()).map(|axis| self.along(axis)).collect();
        self.model.slice_each_axis_mut(|it| along[it.axis.index()])
    }

    /// That the whole array is as it should be.
    fn check(&self, memory: &dyn DeviceMemory) {
        let there = contents::<u32>(memory, &self.block).unwrap();
        assert_eq!(there, self.model.as_slice().unwrap());
        let tile = contents::<u32>(memory, &self.slice()).unwrap();
        assert!(self.expected().iter().eq(&tile));
    }
}

/// Uploads to a tile, copies it to another one here, that to one on the other device, that back.
fn go_round(machine: &Machine, shape: &[usize], steps: &[Steps; 3]) {
    let (here, there) = (machine.memory(0), machine.memory(1));
    let mut first = Tile::new(&*here, 0, shape, &steps[0]);
    let mut second = Tile::new(&*here, 1 << 16, shape, &steps[1]);
    let mut far = Tile::new(&*there, 1 << 17, shape, &steps[2]);
    let mut back = Tile::new(&*here, 1 << 18, shape, &steps[0]);
    let count = shape.iter().product::<usize>() as u32;
    let news: Vec<u32> = (1 << 24..(1 << 24) + count).collect();
    here.upload(&Packed::of(&news), &first.slice()).unwrap();
    here.copy(&first.slice(), &second.slice()).unwrap();
    there.copy(&second.slice(), &far.slice()).unwrap();
    here.copy(&far.slice(), &back.slice()).unwrap();
    let news = ArrayD::from_shape_vec(IxDyn(shape), news).unwrap();
    for tile in [&mut first, &mut second, &mut far, &mut back] {
        tile.expected_mut().assign(&news);
    }
    first.check(&*here);
    second.check(&*here);
    far.check(&*there);
    back.check(&*here);
}

#[test]
fn tiles_of_any_strides_go_round() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    let steps = |rank| prop::collection::vec((0..3_usize, 1..4_usize, 0..3_usize), rank);
    let case = (1..5_usize).prop_flat_map(|rank| {
        let shape = prop::collection::vec(1..6_usize, rank);
        (shape, [steps(rank), steps(rank), steps(rank)])
    });
    TestRunner::default()
        .run(&case, |(shape, steps)| {
            go_round(&machine, &shape, &steps);
            Ok(())
        })
        .unwrap();
}

#[test]
fn large_tiles_go_round_in_pieces() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    // Rows longer than a piece; every second element; many small planes.
    for (shape, steps) in [
        (vec![3, 300_000], vec![(1, 2, 0), (5, 1, 7)]),
        (vec![300_000], vec![(3, 2, 0)]),
        (vec![40_000, 3, 3], vec![(0, 1, 1), (0, 1, 0), (1, 1, 0)]),
    ] {
        let dense = shape.iter().map(|_| (0, 1, 0)).collect();
        go_round(&machine, &shape, &[steps.clone(), dense, steps]);
    }
}

#[test]
fn empty_tiles_are_copied_too() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let from = block_of::<u32>(&*memory, &[3, 0, 2]).unwrap();
    let to = block_of::<u32>(&*memory, &[3, 0, 2]).unwrap();
    memory.upload(&Packed::of::<u32>(&[]), &from).unwrap();
    memory.copy(&from, &to).unwrap();
    assert_eq!(contents::<u32>(&*memory, &to).unwrap(), [0; 0]);
}
