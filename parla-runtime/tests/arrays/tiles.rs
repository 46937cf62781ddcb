//! Arrays split into parts.

use ndarray::{Array2, Dimension, IxDyn};
use parla_runtime::{PArray, Runtime, SelectRegion, TaskErrorKind, TaskSpace};

use crate::basics::message_of;

fn counted(rows: usize, columns: usize) -> PArray<usize, ndarray::Ix2> {
    PArray::from_fn((rows, columns), |(i, j)| i * columns + j)
}

#[test]
fn each_element_is_in_one_tile() {
    let runtime = Runtime::builder().workers(3).build().unwrap();
    let _ambient = runtime.enter();
    let x = counted(70, 50);
    for tiles in [
        x.tiles([32, 7]),
        x.tiles([1]),
        x.tiles([]),
        x.tiles([100, 100]),
        x.blocks(0, 3),
        x.blocks(1, 60),
        x.slice((parla_runtime::Step(.., 2), 1..)).tiles([8, 8]),
        x.slice((parla_runtime::Step(1.., 2), 1..)).blocks(0, 2),
        x.slice((.., 0)).tiles([9, 9]),
    ] {
        for ((i, j), tile) in &tiles {
            let (task, mut tile) = runtime.task().inout(&tile);
            task.spawn(move || tile.with(|mut tile| tile += 10_000 * (i + j + 1)));
        }
        let mut seen = 0;
        for (_, tile) in tiles.iter() {
            let mut tile = tile.write().wait().unwrap();
            tile.view_mut().map_inplace(|it| {
                assert!(*it >= 10_000, "{it} of {tiles:?}");
                *it %= 10_000;
                seen += 1;
            });
        }
        let all: usize = tiles.iter().map(|(_, tile)| tile.len()).sum();
        assert_eq!(seen, all);
    }
    let expected = Array2::from_shape_fn((70, 50), |(i, j)| i * 50 + j);
    assert_eq!(x.into_array().wait().unwrap(), expected);
}

#[test]
fn tiles_are_found_by_their_places() {
    let x = counted(10, 7);
    let tiles = x.tiles([4, 4]);
    assert_eq!((tiles.grid(), tiles.len()), ((3, 2), 6));
    assert_eq!(tiles.at((2_usize, 1_u8)).dim(), (2, 3));
    let tile = tiles.at([1, 1]).read().wait().unwrap();
    assert_eq!(tile.view()[(0, 0)], 4 * 7 + 4);
    let places: Vec<_> = tiles.iter().map(|(place, _)| place).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    let columns = x.blocks(1, 3);
    assert_eq!(columns.at(2).dim(), (10, 2));
    assert_eq!(
        format!("{:?}", columns.at(2)),
        format!("{:?}", columns.at([0, 2]))
    );
    let whole = x.blocks(0, 1);
    assert_eq!(whole.at(0).dim(), (10, 7));
    for at in [[1, 0], [0, 3]] {
        assert!(message_of(|| drop(columns.at(at))).contains("there is no tile"));
    }
    assert!(message_of(|| drop(columns.at(3))).contains("there is no tile [3] among the [1, 3]"));
    assert!(message_of(|| drop(tiles.at(0))).contains("there is no tile [0] among the [3, 2]"));
    assert!(counted(0, 4).tiles([2, 2]).is_empty());
    let dynamic = PArray::<u8, IxDyn>::zeros(vec![4, 6]);
    let place = dynamic.tiles([2, 3]).iter().last().unwrap().0;
    assert_eq!(place, IxDyn(&[1, 1]).into_pattern());
}

#[test]
fn places_that_there_are_not_are_mistakes() {
    let x = counted(10, 7).named("x");
    let tiles = x.tiles([4, 4]);
    for place in [&[3_i64, 0][..], &[0, -1], &[0], &[0, 0, 0]] {
        let message = message_of(|| tiles.at(place));
        assert!(
            message.contains("among the [3, 2] of `x[0..10, 0..7]`"),
            "{message}"
        );
    }
    let runtime = Runtime::builder().workers(1).build().unwrap();
    let _ambient = runtime.enter();
    use parla_runtime::Dim;
    for (number, dims) in [
        vec![Dim::at(3), Dim::at(0)],
        vec![Dim::at(-1), Dim::at(0)],
        vec![Dim::at(0)],
        vec![Dim::at(0), Dim::range(None, None, 1)],
    ]
    .into_iter()
    .enumerate()
    {
        let mut task = TaskSpace::new("T").task(number);
        let tile = tiles.select_region(&dims, &mut task);
        assert!(tile.is_empty());
        let error = task.spawn(|| ()).wait().unwrap_err().clone();
        assert!(
            matches!(error.kind(), TaskErrorKind::BadClause(_)),
            "{error}"
        );
        assert!(error.to_string().contains("of `x[0..10, 0..7]`"), "{error}");
    }
    let single = PArray::new(ndarray::arr0(1_u8));
    let mut task = TaskSpace::new("T").task(9);
    let _ = single.select_region(&[Dim::at(0)], &mut task);
    task.spawn(|| ()).wait().unwrap_err();
}

#[test]
#[should_panic(expected = "3 sizes of tiles for `y[0..10, 0..7]`, which has 2 axes")]
fn more_sizes_than_axes_are_a_mistake() {
    let _ = counted(10, 7).named("y").tiles([1, 1, 1]);
}

#[test]
#[should_panic(expected = "size of zero")]
fn a_size_of_zero_is_a_mistake() {
    let _ = counted(10, 7).tiles([1, 0]);
}

#[test]
#[should_panic(expected = "there is no axis 2")]
fn blocks_need_an_axis() {
    let _ = counted(10, 7).blocks(2, 3);
}
