//! What arrays are made of and come to: memory, layouts, regions, names.

use ndarray::{Array1, Array2, Array3, ShapeBuilder, s};
use parla_runtime::{Dim, PArray, Placement, Runtime, Step, Task, TaskErrorKind, TaskSpace};

use crate::memories::{self, Memories};

fn runtime() -> Runtime {
    Runtime::builder().workers(2).build().unwrap()
}

/// What panics with a message.
pub(crate) fn message_of<R>(what: impl FnOnce() -> R) -> String {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(what));
    let payload = result.err().expect("it panics");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn nothing_is_copied_on_the_way_in_and_out() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let elements: Vec<f64> = vec![1.0; 1000];
    let address = elements.as_ptr().addr();
    let x = PArray::from(elements);
    let (task, mut access) = runtime.task().inout(&x);
    task.spawn(move || {
        access.with(|mut view| {
            assert_eq!(view.as_ptr().addr(), address);
            view += 1.0;
        });
    });
    let (elements, offset) = x.into_array().wait().unwrap().into_raw_vec_and_offset();
    assert_eq!((elements.as_ptr().addr(), offset), (address, Some(0)));
    assert_eq!(elements, vec![2.0; 1000]);

    let array = Array2::<u8>::zeros((30, 40).f());
    let (address, strides) = (array.as_ptr(), array.strides().to_vec());
    let array = PArray::from(array).into_array().wait().unwrap();
    assert_eq!((array.as_ptr(), array.strides()), (address, &strides[..]));
}

#[test]
fn a_second_handle_or_a_region_copies() {
    let x = PArray::from(vec![1, 2, 3, 4]);
    let other = x.clone();
    let address = x.read().wait().unwrap().view().as_ptr();
    let part = x.slice(1..3).into_array().wait().unwrap();
    assert_eq!(part.to_vec(), [2, 3]);
    assert_eq!(
        x.slice(..).into_array().wait().unwrap().to_vec(),
        [1, 2, 3, 4]
    );
    let copied = x.into_array().wait().unwrap();
    assert_ne!(copied.as_ptr(), address);
    assert_eq!(other.into_array().wait().unwrap().as_ptr(), address);
}

/// Arrays of every layout look the same from inside of bodies, on the host and on devices.
#[test]
fn every_layout_has_its_elements_in_place() {
    let memories = Memories::new(1, 100_000);
    let runtime = Runtime::builder()
        .workers(2)
        .devices(memories)
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let plain = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| (i * 100 + j * 10 + k) as u32);
    let fortran = Array3::from_shape_fn((4, 5, 6).f(), |at| plain[at]);
    let backwards = plain.clone().slice_move(s![..;-1, .., ..;-1]);
    let strided = plain.clone().slice_move(s![1..;2, .., ..;3]);
    let reversed = plain.clone().reversed_axes();
    let permuted = plain.clone().permuted_axes([1, 2, 0]);
    let broken = plain.clone().slice_move(s![..;-1, 1..;3, ..]);
    for mut array in [
        plain, fortran, backwards, strided, reversed, permuted, broken,
    ] {
        let x = PArray::new(array.clone());
        assert_eq!(x.raw_dim(), array.raw_dim());
        let part = x.slice((1.., Step(.., 2), 1..));
        let mut expected = array.slice_mut(s![1.., ..;2, 1..]);
        for place in [Placement::cpu(), Placement::gpu(), Placement::cpu()] {
            let (task, mut access) = runtime.task().inout(&part);
            let expected_now = expected.to_owned();
            let task = task.placement(place).spawn(move || {
                if let Some(slice) = access.on_device() {
                    let bytes = memories::read(slice);
                    let element = |it: &[u8]| u32::from_ne_bytes(it.try_into().unwrap());
                    let elements: Vec<u32> = bytes.chunks(4).map(element).collect();
                    assert!(elements.iter().eq(expected_now.iter()));
                    let more = elements.iter().flat_map(|it| (it + 1000).to_ne_bytes());
                    return memories::write(slice, &more.collect::<Vec<_>>());
                }
                access.with(|mut view| {
                    assert_eq!(view, expected_now);
                    view += 1000;
                });
            });
            expected += 1000;
            task.wait().unwrap();
        }
        assert_eq!(x.into_array().wait().unwrap(), array);
    }
}

#[test]
fn regions_of_regions_steps_and_clipping() {
    let x = PArray::from((0..20).collect::<Vec<_>>());
    let get = |x: &PArray<i32, ndarray::Ix1>| x.read().wait().unwrap().view().to_vec();
    let odd = x.slice(Step(1.., 2));
    assert_eq!(get(&odd.slice(2..5)), [5, 7, 9]);
    assert_eq!(get(&odd.slice(Step(1.., 3)).slice(1..)), [9, 15]);
    assert_eq!(get(&odd.slice(8..100)), [17, 19]);
    assert_eq!(get(&x.slice(-5..2)), [0, 1]);
    assert_eq!(get(&x.slice(Step(-5..6, 2))), [1, 3, 5]);
    assert_eq!(get(&x.slice(30..40)), [0; 0]);
    assert_eq!(get(&x.slice(Dim::range(Some(3), Some(1), 1))), [0; 0]);
    assert_eq!(get(&x.slice(7)), [7]);
    assert_eq!(get(&odd.slice(7)), [15]);
    assert!(x.slice(2..2).is_empty());
    let y = PArray::from_fn((4, 5), |(i, j)| 10 * i + j);
    let column = y.slice((.., 2)).slice(Step(.., 2));
    assert_eq!(
        column.read().wait().unwrap().view(),
        ndarray::arr2(&[[2], [22]])
    );
    assert_eq!(y.slice(3).dim(), (1, 5));
}

#[test]
fn without_elements_there_is_still_a_shape() {
    let memories = Memories::new(1, 10_000);
    let builder = Runtime::builder().workers(2).devices(memories);
    let runtime = builder.build().unwrap();
    let _ambient = runtime.enter();
    let (whole, t) = (PArray::from_elem((3, 4), 1), TaskSpace::new("T"));
    let regions = [
        (PArray::zeros((3, 0)), (3, 0)),
        (PArray::zeros((0, 4)), (0, 4)),
        (whole.slice((.., 2..2)), (3, 0)),
        (whole.slice((5.., 1..3)), (0, 2)),
        (whole.slice((1..2, 4..)).slice((0, ..)), (1, 0)),
    ];
    for (i, (x, shape)) in (0..).zip(regions) {
        assert_eq!(x.dim(), shape);
        assert!(x.is_empty());
        for (place, on_device) in [(Placement::cpu(), false), (Placement::gpu(), true)] {
            let task = t.task([i, on_device.into()]).placement(place);
            let (task, other) = task.inout(&whole.slice(0));
            let (task, access) = task.input(&x);
            let seen = task.spawn(move || {
                drop(other);
                match access.on_device() {
                    Some(slice) => slice.layout.axes.iter().map(|axis| axis.len).collect(),
                    None => access.with(|view| view.shape().to_vec()),
                }
            });
            assert_eq!(*seen.wait().unwrap(), [shape.0, shape.1]);
        }
        assert_eq!(x.read().wait().unwrap().view().dim(), shape);
        assert_eq!(x.write().wait().unwrap().view_mut().dim(), shape);
        assert_eq!(x.into_array().wait().unwrap().dim(), shape);
    }
    let product = PArray::<f64, _>::zeros((2, 0)).read().wait().unwrap();
    let of_none = product.view().dot(&Array2::<f64>::zeros((0, 3)));
    assert_eq!(of_none, Array2::<f64>::zeros((2, 3)));
}

#[test]
fn mistakes_in_regions_say_what_is_wrong_and_where() {
    let x = PArray::from(vec![0; 4]).named("x");
    for (dims, mistake) in [
        (
            vec![Dim::at(4)],
            "axis 0 of `x`: there is no index 4 among 4",
        ),
        (
            vec![Dim::at(-1)],
            "axis 0 of `x`: there is no index -1 among 4",
        ),
        (
            vec![Dim::range(None, None, -1)],
            "axis 0 of `x`: a region counts upwards, not by -1",
        ),
        (
            vec![Dim::at(0); 2],
            "2 selections for `x`, which has 1 axes",
        ),
    ] {
        assert_eq!(message_of(|| x.slice(dims)), mistake);
    }
    let inner = message_of(|| x.slice(1..3).slice(2));
    assert_eq!(inner, "axis 0 of `x`: there is no index 2 among 2");
}

#[test]
fn names_are_in_errors_and_the_first_one_stays() {
    let x = PArray::from(vec![0; 4]).named("first").named("second");
    assert_eq!(format!("{x:?}"), "first[0..4]");
    assert_eq!(
        format!("{:?}", x.slice(Step(1.., 2)).named("third")),
        "first[1..4; 2]"
    );
    let nameless = format!("{:?}", PArray::from(vec![0; 4]));
    assert!(
        nameless.starts_with("array#") && nameless.ends_with("[0..4]"),
        "{nameless}"
    );
}

#[test]
fn overlapping_accesses_of_a_task_are_named() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 8]).named("x");
    let t = TaskSpace::new("T");
    let (task, _a) = t.task(0).input(&x.slice(..5));
    let (task, _b) = task.inout(&x.slice(4..));
    let task = task.spawn(|| unreachable!("it must not run"));
    let error: Task<()> = task;
    let error = error.wait().unwrap_err().clone();
    assert!(
        matches!(error.kind(), TaskErrorKind::BadClause(_)),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("`x[4..8]`") && text.contains("`x[0..5]`"),
        "{text}"
    );
    // What comes after it fails too, and what only touches does not overlap.
    let (task, _all) = t.task(1).input(&x);
    let later = task.spawn(|| ());
    let later = later.wait().unwrap_err().clone();
    assert!(
        matches!(later.kind(), TaskErrorKind::DependencyFailed(_)),
        "{later}"
    );
    let y = PArray::from(vec![0; 8]);
    let (task, _a) = t.task(2).inout(&y.slice(Step(.., 2)));
    let (task, _b) = task.output(&y.slice(Step(1.., 2)));
    let (task, _c) = task.input(&PArray::from(vec![0; 8]));
    task.spawn(|| ()).wait().unwrap();
    let (task, _a) = t.task(3).input(&y);
    let (task, _b) = task.input(&y.slice(2));
    task.spawn(|| ()).wait().unwrap();
}

/// The host has zeros that nobody has touched, and none of them are copied.
#[test]
fn zeros_that_a_device_overwrites_stay_where_they_are() {
    let memories = Memories::new(1, 1000);
    let runtime = Runtime::builder()
        .workers(1)
        .devices(memories.clone())
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let x = PArray::<u64, _>::zeros(16);
    let (task, mut access) = runtime.task().output(&x);
    let task = task.placement(Placement::gpu()).spawn(move || {
        memories::write(access.on_device().unwrap(), &[7; 128]);
    });
    task.wait().unwrap();
    assert_eq!(memories.moved(), 0);
    let expected = u64::from_ne_bytes([7; 8]);
    assert_eq!(
        x.read().wait().unwrap().view(),
        Array1::from_elem(16, expected)
    );
    assert_eq!(memories.moved(), 128);
}

/// The memory of this process in use, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = status.split(' ').nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn zeros_take_memory_when_they_are_used() {
    let before = resident();
    let large = PArray::<f64, _>::zeros((1 << 14, 1 << 13));
    let part = large.slice((1 << 13, ..8)).read().wait().unwrap();
    assert_eq!(part.view().sum(), 0.0);
    let taken = resident().saturating_sub(before);
    assert!(taken < 1 << 29, "{taken} of {} bytes", 1 << 30);
}

#[test]
fn zeros_have_a_layout_and_a_size() {
    let message = message_of(|| PArray::<f64, _>::zeros((usize::MAX, 2)));
    assert!(
        message.contains("there is no memory for an array of shape"),
        "{message}"
    );
    let fortran = PArray::<[u8; 3], _>::zeros((3, 4).f());
    assert_eq!(fortran.into_array().wait().unwrap().strides(), [1, 3]);
}

#[cfg(feature = "complex")]
#[test]
fn complex_numbers_are_elements() {
    use num_complex::Complex64;
    let memories = Memories::new(1, 1000);
    let runtime = Runtime::builder()
        .workers(1)
        .devices(memories)
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![Complex64::new(1.0, -2.0); 4]);
    let (task, mut access) = runtime.task().inout(&x.slice(1..3));
    task.placement(Placement::gpu()).spawn(move || {
        let bytes = memories::read(access.on_device().unwrap());
        let twice = bytes.chunks(8).flat_map(|it| {
            let part = f64::from_ne_bytes(it.try_into().unwrap());
            (2.0 * part).to_ne_bytes()
        });
        memories::write(access.on_device().unwrap(), &twice.collect::<Vec<_>>());
    });
    let sum = x.reduction(Complex64::ZERO, |a, b| a + b);
    let (task, mut sum) = runtime.task().reduce(&sum);
    task.spawn(move || sum.with(|mut view| view += Complex64::I));
    let expected = [(1.0, -1.0), (2.0, -3.0), (2.0, -3.0), (1.0, -1.0)];
    let expected = expected.map(|(re, im)| Complex64::new(re, im));
    assert_eq!(x.into_array().wait().unwrap().to_vec(), expected);
}
