//! Views of bodies: shapes and strides, and kernels that go by them.

use ndarray::{Ix1, Ix2, Ix3, IxDyn};
use parla_gpu::__private::{Argument, device_view, device_view_mut, launch};
use parla_gpu::{GpuErrorKind, Result, grid_for};
use parla_runtime::{Axis, BlockSlice};

use crate::machine::{KERNELS, Machine, block_with, contents, strided};

/// Every `step`-th of `len` elements from `start` on, in rows and columns, of a matrix of that many
/// columns.
fn tile(of: &BlockSlice, columns: usize, along: [(usize, usize, usize); 2]) -> BlockSlice {
    let [rows, cells] = along;
    strided(
        of,
        (rows.0 * columns + cells.0) * 4,
        &[
            (rows.1, (rows.2 * columns * 4) as isize),
            (cells.1, (cells.2 * 4) as isize),
        ],
    )
}

fn counting(count: u16) -> Vec<f32> {
    (0..count).map(f32::from).collect()
}

#[test]
fn a_kernel_goes_by_the_leading_dimensions_of_tiles() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let x = block_with(&*memory, &counting(6 * 10)).unwrap();
    let y = block_with(&*memory, &[0.5_f32; 8 * 7]).unwrap();
    // Rows 1, 3 and 5 of the one; rows 4 to 6 of the other.
    let from = tile(&x, 10, [(1, 3, 2), (2, 5, 1)]);
    let to = tile(&y, 7, [(4, 3, 1), (1, 5, 1)]);
    let source = device_view::<f32, Ix2>(&from, &task.gpu).unwrap();
    let mut sum = device_view_mut::<f32, Ix2>(&to, &task.gpu).unwrap();
    let (rows, columns) = sum.dim();
    let leading = [
        source.leading_dimension().unwrap() as u32,
        sum.leading_dimension().unwrap() as u32,
    ];
    assert_eq!((rows, columns, leading), (3, 5, [20, 7]));
    let arguments = [
        Argument::scalar(&3_u32),
        Argument::scalar(&5_u32),
        Argument::scalar(&2.0_f32),
        Argument::slice(&source),
        Argument::scalar(&leading[0]),
        Argument::slice_mut(&mut sum),
        Argument::scalar(&leading[1]),
    ];
    launch(&task.gpu, &KERNELS, "axpy_2d", grid_for(15), &arguments).unwrap();
    let expected = (0..56_usize).map(|index| match (index / 7, index % 7) {
        (row @ 4..7, column @ 1..6) => {
            let (row, column) = (1 + (row - 4) * 2, 2 + column - 1);
            0.5 + 2.0 * (row * 10 + column) as f32
        }
        _ => 0.5,
    });
    let there = contents::<f32>(&*memory, &y).unwrap();
    assert!(expected.eq(there));
    task.finish().unwrap();
}

#[test]
fn views_tell_their_shape() -> Result<()> {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let block = block_with(&*memory, &counting(60)).unwrap();

    let part = tile(&block, 10, [(1, 3, 2), (2, 4, 2)]);
    let view = device_view::<f32, Ix2>(&part, gpu)?;
    assert_eq!((view.shape(), view.strides()), (&[3, 4][..], &[20, 2][..]));
    assert_eq!((view.len(), view.span().len()), (12, 2 * 20 + 3 * 2 + 1));
    assert!(!view.is_contiguous() && view.as_slice().is_none());
    assert!(view.leading_dimension().is_err());
    assert_eq!(view.device(), gpu.device());
    // The span begins with the first element.
    assert_eq!(gpu.download(&view.span().slice(..1))?, [12.0]);

    let rows = tile(&block, 10, [(2, 3, 1), (0, 10, 1)]);
    let view = device_view::<f32, Ix2>(&rows, gpu)?;
    assert!(view.is_contiguous());
    assert_eq!(view.as_slice().unwrap().len(), 30);
    let view = device_view::<f32, IxDyn>(&rows, gpu)?;
    assert_eq!(view.shape(), [3, 10]);

    // One row lies together, whatever its stride.
    let row = tile(&block, 10, [(2, 1, 5), (0, 10, 1)]);
    let view = device_view::<f32, Ix2>(&row, gpu)?;
    assert!(view.is_contiguous());
    assert_eq!(view.leading_dimension()?, 50);
    let column = tile(&block, 10, [(0, 6, 1), (2, 1, 3)]);
    let view = device_view::<f32, Ix2>(&column, gpu)?;
    assert_eq!(
        (view.leading_dimension()?, view.is_contiguous()),
        (10, false)
    );

    let none = tile(&block, 10, [(9, 0, 1), (99, 3, 1)]);
    let view = device_view::<f32, Ix2>(&none, gpu)?;
    assert!(view.is_empty() && view.is_contiguous() && view.span().is_empty());
    assert_eq!(gpu.download(&view)?, [0.0; 0]);
    task.finish().unwrap();
    Ok(())
}

#[test]
fn contiguous_views_are_copied_and_filled_others_are_not() -> Result<()> {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let block = block_with(&*memory, &counting(60)).unwrap();
    let rows = tile(&block, 10, [(2, 2, 1), (0, 10, 1)]);
    let mut view = device_view_mut::<f32, Ix2>(&rows, gpu)?;
    gpu.fill(&mut view, 7.0)?;
    gpu.copy_from(&[8.0; 10], &mut view.span_mut().into_slice(10..))?;
    let mut twice = gpu.alloc(20)?;
    gpu.copy(&view, &mut twice)?;
    assert_eq!(gpu.download(&twice)?, [[7.0; 10], [8.0; 10]].concat());
    gpu.copy_from(&[9.0; 20], &mut view)?;
    assert_eq!(gpu.download(&view.view())?, [9.0; 20]);

    let part = tile(&block, 10, [(0, 2, 1), (0, 5, 1)]);
    let mut view = device_view_mut::<f32, Ix2>(&part, gpu)?;
    let mut ten = gpu.alloc(10)?;
    let errors = [
        gpu.fill(&mut view, 1.0).unwrap_err(),
        gpu.copy_from(&[0.0; 10], &mut view).unwrap_err(),
        gpu.copy_to(&view, &mut [0.0; 10]).unwrap_err(),
        gpu.download(&view).unwrap_err(),
        gpu.copy(&view, &mut ten).unwrap_err(),
        gpu.copy(&ten, &mut view).unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(error.kind(), GpuErrorKind::Strided { .. }),
            "{error}"
        );
    }
    assert_eq!(
        gpu.fill(&mut view, 1.0).unwrap_err().to_string(),
        "on gpu(0): filling needs elements that lie one behind the other, but these have others \
         between them; copy them to a buffer, or go by their strides in a kernel, in task `T[0]`"
    );
    task.finish().unwrap();
    Ok(())
}

#[test]
fn what_can_not_be_seen_so_is_an_error() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    let (here, there) = (machine.memory(0), machine.memory(1));
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let block = block_with(&*here, &counting(60)).unwrap();
    let far = block_with(&*there, &counting(60)).unwrap();
    let matrix = tile(&block, 10, [(0, 6, 1), (0, 10, 1)]);
    let mut odd = matrix.clone();
    odd.layout.offset = 2;
    odd.layout.axes[0].len = 5;
    let mut uneven = matrix.clone();
    uneven.layout.axes[0] = Axis { len: 2, stride: 42 };
    let errors = [
        (
            device_view::<f32, Ix1>(&far, gpu).err(),
            "the view of an array needs its buffers",
        ),
        (
            device_view::<f32, Ix3>(&matrix, gpu).err(),
            "2 dimensions can't be seen as one of 3",
        ),
        (
            device_view::<f32, Ix1>(&matrix, gpu).err(),
            "2 dimensions can't be seen as one of 1",
        ),
        (
            device_view::<f64, Ix2>(&matrix, gpu).err(),
            "4 bytes can't be seen as such of 8",
        ),
        (
            device_view::<f32, Ix2>(&odd, gpu).err(),
            "byte 2 are not aligned to 4",
        ),
        (
            device_view::<f32, Ix2>(&uneven, gpu).err(),
            "can't be 42 bytes apart",
        ),
    ];
    for (error, expected) in errors {
        let text = error.unwrap().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(
            text.starts_with("on gpu(0): ") && text.ends_with("in task `T[0]`"),
            "{text}"
        );
    }
    task.finish().unwrap();
}
