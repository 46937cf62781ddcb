//! Arrays in the clauses of `#[spawn]`: what bodies and called functions see of them, on the host.

mod common;

use parla::ndarray::{Array1, Array2, ArrayRef, ArrayView, ArrayViewMut, Ix1, Ix2};
use parla::prelude::*;
use parla::{DeviceKind, TaskErrorKind, current_devices};

/// What `main` gives in a runtime of its own.
fn run<R: Send>(main: impl FnOnce() -> R + Send) -> R {
    common::runtime(2).run(main).unwrap()
}

/// An array whose elements are their places, in the order of their indices.
fn counted(rows: usize, columns: usize) -> PArray<f32, Ix2> {
    PArray::from_fn((rows, columns), |(i, j)| (i * columns + j) as f32)
}

/// What is in there, when all tasks that change it have ended.
fn elements<T: Element>(array: &PArray<T, Ix1>) -> Vec<T> {
    array.read().wait().unwrap().view().to_vec()
}

#[task_graph]
fn every_form(t: &TaskSpace<'_>, x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>) -> Task<f32> {
    #[spawn(t[0], output = [x])]
    fn fill() {
        x.fill(1.0);
    }
    #[spawn(t[1], inout = y, input = [x])]
    || y += &x;
    #[spawn(t[2], inout = [twice = y], input = [x])]
    async move {
        twice.scaled_add(2.0, &x);
    };
    #[spawn(t[3], input = [x], inout = [y])]
    axpy(4.0, &x, &mut y);
    #[spawn(input = [x, y])]
    move || (&x + &y).sum()
}

#[task]
fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[test]
fn every_form_sees_elements_in_the_order_of_the_program() {
    let (x, y) = (PArray::zeros(8), PArray::zeros(8));
    let sum = run(|| every_form(&TaskSpace::new("T"), &x, &y));
    assert_eq!(*sum.wait().unwrap(), 8.0 * 8.0);
    assert_eq!(elements(&y), vec![7.0; 8]);
}

#[task_graph]
fn regions(x: &PArray<f32, Ix2>) -> Task<(f32, f32, Vec<usize>)> {
    for i in 0..4 {
        // The last row has none before it: the region `-1..-1` is empty.
        #[spawn(inout = [row = x[i..i + 1]], input = [above = x[0..i - 1, 1..=2; 2]])]
        move || {
            row += above.sum();
        };
    }
    #[spawn(inout = [x[.., ..; 3]])]
    move || x.fill(0.0);
    #[spawn(commute = [x[2, 2]])]
    move || x[[0, 0]] = 100.0;
    #[spawn(input = [all = x, corner = x[3.., 3]])]
    move || (all.sum(), corner[[0, 0]], all.shape().to_vec())
}

#[test]
fn regions_are_selected_with_the_arithmetic_of_indices() {
    let x = counted(4, 4);
    let result = run(|| regions(&x));
    let mut expected = Array2::from_shape_fn((4, 4), |(i, j)| (i * 4 + j) as f32);
    for i in 0..4 {
        let above: f32 = (0..i.max(1) - 1).map(|row| expected[[row, 1]]).sum();
        expected.row_mut(i).mapv_inplace(|it| it + above);
    }
    for i in 0..4 {
        expected[[i, 0]] = 0.0;
        expected[[i, 3]] = 0.0;
    }
    expected[[2, 2]] = 100.0;
    assert_eq!(
        *result.wait().unwrap(),
        (expected.sum(), expected[[3, 3]], vec![4, 4])
    );
}

#[test]
fn a_region_that_is_not_there_fails_the_task() {
    #[task_graph]
    fn graph(x: &PArray<f32, Ix2>) -> Task<()> {
        #[spawn(inout = [x[4]])]
        move || x.fill(0.0)
    }
    let x = counted(4, 4).named("pixels");
    let error = run(|| graph(&x).wait().unwrap_err());
    let TaskErrorKind::BadClause(why) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(why, "axis 0 of `pixels`: there is no index 4 among 4");
}

#[task]
fn of_slice(x: &[f32]) -> f32 {
    x.iter().sum()
}

#[task]
fn of_view(x: ArrayView<'_, f32, Ix2>) -> f32 {
    x.sum()
}

#[task]
fn of_array(x: &ArrayRef<f32, Ix2>) -> f32 {
    x.sum()
}

#[task]
fn change(view: ArrayViewMut<'_, f32, Ix2>, array: &mut ArrayRef<f32, Ix2>) {
    array.assign(&view);
}

#[task]
fn with_result(factor: &f32, words: &str, x: &[f32]) -> parla::Result<f32> {
    match words {
        "scale" => Ok(factor * x.iter().sum::<f32>()),
        _ => Err(parla::Error::other(words.to_owned())),
    }
}

#[task]
async fn in_async(x: &[f32], n: usize) -> f32 {
    let _ = parla::current_task();
    std::future::ready(x[n - 1]).await
}

#[test]
fn a_parameter_says_what_it_takes_of_an_array() {
    #[task_graph]
    fn graph(x: &PArray<f32, Ix2>, y: &PArray<f32, Ix2>) -> Vec<Task<f32>> {
        let slice = #[spawn(input = [x])]
        of_slice(&x);
        let view = #[spawn(input = [part = x[.., 1..3]])]
        of_view(part);
        let array = #[spawn(input = [part = x[.., 1..3]])]
        of_array(&part);
        #[spawn(inout = [x], output = [y])]
        change(x, &mut y);
        let written = #[spawn(inout = [y])]
        of_slice(&y);
        let last = #[spawn(input = [x])]
        in_async(&x, x.len()).await;
        vec![slice, view, array, written, last]
    }
    let (x, y) = (counted(4, 4), PArray::zeros((4, 4)));
    let sums = run(|| graph(&x, &y));
    let sums: Vec<f32> = sums.iter().map(|it| *it.wait().unwrap()).collect();
    assert_eq!(sums, [120.0, 60.0, 60.0, 120.0, 15.0]);
}

#[test]
fn results_arrays_and_errors_meet_in_one_call() {
    #[task_graph]
    fn graph(x: &PArray<f32, Ix1>, words: &'static str) -> Task<f32> {
        let factor = #[spawn]
        || 3.0_f32;
        let text = #[spawn]
        move || words.to_owned();
        #[spawn(input = [factor, text, x])]
        with_result(factor, &text, x)
    }
    let x = PArray::from(vec![1.0, 2.0]);
    assert_eq!(run(|| *graph(&x, "scale").wait().unwrap()), 9.0);
    let error = run(|| graph(&x, "no such operation").wait().unwrap_err());
    assert!(error.to_string().contains("no such operation"), "{error}");
}

#[test]
fn a_strided_region_is_no_slice() {
    #[task_graph]
    fn graph(x: &PArray<f32, Ix2>) -> Task<f32> {
        #[spawn(input = [column = x[.., 1]])]
        of_slice(&column)
    }
    let x = counted(4, 4);
    let error = run(|| graph(&x).wait().unwrap_err());
    assert!(
        matches!(error.kind(), TaskErrorKind::Failed(_)),
        "{error:?}"
    );
    let expected = "the elements of `column`, of shape [4, 1], don't lie one behind the other, as those \
        of a slice: take `ArrayView` instead";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn arguments_may_use_elements_where_the_function_runs_on_the_host() {
    #[task]
    fn add(a: f32, b: f32, n: usize) -> f32 {
        a + b + n as f32
    }
    #[task_graph]
    fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>) -> Task<f32> {
        #[spawn(input = [x], inout = [y])]
        add(x.sum(), y[0], x.len())
    }
    let (x, y) = (PArray::from(vec![1.0, 2.0]), PArray::from(vec![10.0]));
    assert_eq!(run(|| *graph(&x, &y).wait().unwrap()), 15.0);
}

#[test]
fn a_body_that_uses_elements_stays_on_the_host() {
    #[task_graph]
    fn graph(x: &PArray<f32, Ix1>) -> Task<Vec<DeviceKind>> {
        let seven = #[spawn]
        || 7.0;
        #[spawn(input = [x, seven], placement = any)]
        move || {
            assert_eq!(x[0] + seven, 8.0);
            current_devices()
                .iter()
                .map(|it| it.kind())
                .collect::<Vec<_>>()
        }
    }
    let x = PArray::from(vec![1.0]);
    assert_eq!(run(|| graph(&x).wait().unwrap().clone()), [DeviceKind::Cpu]);
}

#[test]
fn lists_of_arrays_and_of_tasks_are_indexed() {
    #[task_graph]
    fn graph(blocks: &[PArray<f32, Ix1>], parts: Vec<Task<f32>>) -> Task<f32> {
        for i in 1..blocks.len() {
            #[spawn(inout = [next = blocks[i]], input = [before = blocks[i - 1], part = parts[i]])]
            move || next += before.sum() + part;
        }
        #[spawn(input = [last = blocks[blocks.len() - 1][1..]])]
        move || last[0]
    }
    let blocks: Vec<_> = (0..3).map(|_| PArray::from(vec![1.0, 1.0])).collect();
    let last = run(|| {
        let parts = (0..3).map(|i| TaskSpace::new("parts").task(i).spawn(move || i as f32));
        *graph(&blocks, parts.collect()).wait().unwrap()
    });
    // 1, then 1 + 2 + 1, then 1 + 8 + 2.
    assert_eq!(last, 11.0);
}

#[derive(Clone, Copy, Debug, PartialEq, Element)]
#[repr(C)]
struct Particle {
    position: [f32; 3],
    mass: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Element)]
#[repr(transparent)]
struct Weight(f64);

#[test]
fn structs_are_elements() {
    let particle = Particle {
        position: [1.0, 2.0, 3.0],
        mass: 4.0,
    };
    let particles = PArray::from_elem(3, particle);
    let weights = PArray::from(Array1::from_elem(2, Weight(0.5)));
    #[task_graph]
    fn graph(particles: &PArray<Particle, Ix1>, weights: &PArray<Weight, Ix1>) {
        #[spawn(inout = [particles], input = [weights])]
        move || particles[1].mass += weights[0].0 as f32;
    }
    run(|| graph(&particles, &weights));
    assert_eq!(elements(&particles).map_mass(), [4.0, 4.5, 4.0]);
}

trait Masses {
    fn map_mass(self) -> Vec<f32>;
}

impl Masses for Vec<Particle> {
    fn map_mass(self) -> Vec<f32> {
        self.into_iter().map(|it| it.mass).collect()
    }
}
