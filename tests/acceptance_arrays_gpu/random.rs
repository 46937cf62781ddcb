//! Random programs on random regions give on GPUs, where kernels run behind the bodies, what they
//! give one task after the other; with little memory; and with calls of the driver that fail.

use parla::kernels::blas;
use parla::ndarray::{Array2, ArrayViewMut2, Ix2, s};
use parla::prelude::*;
use parla::{Dim, Gpu, Placement, Runtime, TaskErrorKind, grid_for};
use parla_cuda_sim::Code;
use parla_cuda_sim::faults::{Injection, call_count, inject};

use crate::machine::{Machine, gpu};

const CASES: u64 = 40;
const ARRAYS: usize = 3;
const LEN: usize = 7;
const STEPS: usize = 16;

#[derive(Debug, Clone, Copy)]
enum Mode {
    Output,
    Inout,
    Commute,
}

/// Start, end and step along both axes.
type Part = [(usize, usize, usize); 2];

/// A task that changes one array by what is in another one.
#[derive(Debug, Clone)]
struct Step {
    from: (usize, Part),
    to: (usize, Part),
    mode: Mode,
    factor: f64,
    /// None for anyone.
    device: Option<usize>,
}

fn part(random: &mut fastrand::Rng) -> Part {
    [(); 2].map(|()| {
        let start = random.usize(..LEN);
        (start, random.usize(start + 1..=LEN), random.usize(1..4))
    })
}

fn program(random: &mut fastrand::Rng) -> Vec<Step> {
    let step = |_| {
        let from = random.usize(..ARRAYS);
        Step {
            from: (from, part(random)),
            to: ((from + random.usize(1..ARRAYS)) % ARRAYS, part(random)),
            mode: random
                .choice([Mode::Output, Mode::Inout, Mode::Inout, Mode::Commute])
                .expect("some"),
            factor: random.usize(1..4) as f64,
            device: random.bool().then(|| random.usize(..4)),
        }
    };
    (0..STEPS).map(step).collect()
}

fn arrays() -> Vec<Array2<f64>> {
    let array = |n| Array2::from_shape_fn((LEN, LEN), |(i, j)| (n * 50 + i * LEN + j) as f64);
    (0..ARRAYS).map(array).collect()
}

fn count((start, end, step): (usize, usize, usize)) -> usize {
    (end - start).div_ceil(step)
}

fn view(array: &mut Array2<f64>, part: Part) -> ArrayViewMut2<'_, f64> {
    let [i, j] = part;
    array.slice_mut(s![i.0..i.1; i.2, j.0..j.1; j.2])
}

fn in_order(program: &[Step]) -> Vec<Array2<f64>> {
    let mut arrays = arrays();
    for step in program {
        let from: Vec<f64> = view(&mut arrays[step.from.0], step.from.1)
            .iter()
            .copied()
            .collect();
        let to = view(&mut arrays[step.to.0], step.to.1);
        for (at, x) in to.into_iter().enumerate() {
            *x = match step.mode {
                Mode::Output => step.factor * from[at % from.len()] + 1.0,
                Mode::Inout => *x + step.factor * from[at % from.len()],
                // The same in whatever order.
                Mode::Commute => *x + step.factor,
            };
        }
    }
    arrays
}

/// The places of the elements of a view, from the first one on.
fn places(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let rows = (0..shape[0]).map(|i| i * strides[0]);
    rows.flat_map(|row| (0..shape[1]).map(move |j| row + j * strides[1]))
        .collect()
}

/// Element by element, so that it works for any strides, and that there is much to be queued.
#[task_graph]
fn spawn(step: &Step, from: &PArray<f64, Ix2>, to: &PArray<f64, Ix2>, place: Placement) {
    let Step { mode, factor, .. } = step.clone();
    match mode {
        Mode::Commute => {
            #[spawn(placement = place, memory = "8 B", commute = [y = to])]
            move |gpu: &Gpu| -> parla::Result<()> {
                let mut one = gpu.alloc::<f64>(1)?;
                blas::dfill(gpu, grid_for(1), 1, 1.0, &mut one)?;
                for at in places(y.shape(), y.strides()) {
                    let mut y = y.span_mut().into_slice(at..at + 1);
                    blas::daxpy(gpu, grid_for(1), 1, factor, &one, &mut y)?;
                }
                Ok(())
            };
        }
        Mode::Inout => {
            #[spawn(placement = place, input = [x = from], inout = [y = to])]
            move |gpu: &Gpu| -> parla::Result<()> {
                let of_x = places(x.shape(), x.strides());
                for (nth, at) in places(y.shape(), y.strides()).into_iter().enumerate() {
                    let from = of_x[nth % of_x.len()];
                    let x = x.span().slice(from..from + 1);
                    let mut y = y.span_mut().into_slice(at..at + 1);
                    blas::daxpy(gpu, grid_for(1), 1, factor, &x, &mut y)?;
                }
                Ok(())
            };
        }
        Mode::Output => {
            #[spawn(placement = place, input = [x = from], output = [y = to])]
            move |gpu: &Gpu| -> parla::Result<()> {
                let of_x = places(x.shape(), x.strides());
                for (nth, at) in places(y.shape(), y.strides()).into_iter().enumerate() {
                    let from = of_x[nth % of_x.len()];
                    let x = x.span().slice(from..from + 1);
                    let mut y = y.span_mut().into_slice(at..at + 1);
                    blas::dfill(gpu, grid_for(1), 1, 1.0, &mut y)?;
                    blas::daxpy(gpu, grid_for(1), 1, factor, &x, &mut y)?;
                }
                Ok(())
            };
        }
    }
}

fn on_devices(
    program: &[Step],
    runtime: &Runtime,
    count: usize,
) -> Vec<Result<Array2<f64>, parla::TaskError>> {
    let _ambient = runtime.enter();
    let arrays: Vec<_> = arrays().into_iter().map(PArray::new).collect();
    for step in program {
        let [from, to] = [step.from, step.to].map(|(array, part)| {
            let dims = part.map(|(start, end, step)| {
                Dim::range(Some(start as i64), Some(end as i64), step as i64)
            });
            arrays[array].slice(dims.to_vec())
        });
        let place = step
            .device
            .map_or_else(Placement::gpu, |device| gpu(device % count));
        spawn(step, &from, &to, place);
    }
    arrays
        .into_iter()
        .map(|it| it.into_array().wait())
        .collect()
}

/// The memory that the largest task takes, with a scalar of its body's own.
fn largest(program: &[Step]) -> u64 {
    let bytes = |(_, part): &(usize, Part)| part.iter().map(|it| count(*it)).product::<usize>() * 8;
    let sizes = program
        .iter()
        .map(|step| bytes(&step.from) + bytes(&step.to) + 8);
    sizes.max().unwrap_or(0) as u64
}

#[test]
fn random_programs_give_the_sequential_result() {
    for seed in 0..CASES {
        let mut random = fastrand::Rng::with_seed(seed);
        let (program, count) = (program(&mut random), random.usize(1..=4));
        crate::common::note(format!("seed {seed} with {count} GPUs: {program:#?}"));
        let machine = Machine::new(count);
        // Room for one task and little else; for all.
        let limit = if random.bool() {
            largest(&program) + random.u64(..600)
        } else {
            1 << 20
        };
        let runtime = crate::common::build(machine.builder_with_limit(limit));
        let found = on_devices(&program, &runtime, count);
        for (found, expected) in found.into_iter().zip(in_order(&program)) {
            let found = found.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(found, expected, "seed {seed}");
        }
    }
}

/// Whichever call it is, the program ends; what is wrong is said by name, or else all is right.
#[test]
fn a_call_that_fails_is_an_error_or_makes_no_difference() {
    let mut noticed = 0;
    for seed in 0..CASES {
        let mut random = fastrand::Rng::with_seed(1000 + seed);
        let (program, count) = (program(&mut random), random.usize(1..=4));
        let machine = Machine::with_bandwidth(count, None);
        let expected = in_order(&program);
        let runtime = crate::common::build(machine.builder());
        let before = call_count();
        on_devices(&program, &runtime, count);
        let calls = call_count() - before;
        let code = [
            Code::INVALID_VALUE,
            Code::OUT_OF_MEMORY,
            Code::LAUNCH_FAILED,
        ][seed as usize % 3];
        let nth = random.u64(1..=calls);
        crate::common::note(format!(
            "seed {seed}: call {nth} of {calls} fails with {code}"
        ));
        let injected = inject(Injection::any_call().nth(nth), code);
        let found = on_devices(&program, &runtime, count);
        let has_happened = injected.has_happened();
        drop(injected);
        for (found, expected) in found.into_iter().zip(expected) {
            match found {
                Ok(found) => assert_eq!(found, expected, "seed {seed}, call {nth}"),
                Err(error) => {
                    assert!(has_happened, "seed {seed}, call {nth}: {error}");
                    let is_known = matches!(
                        error.root_cause().kind(),
                        TaskErrorKind::Failed(_)
                            | TaskErrorKind::Device { .. }
                            | TaskErrorKind::OutOfMemory { .. }
                            | TaskErrorKind::DataLost(_)
                    ) || error.to_string().contains("the device is lost");
                    assert!(is_known, "seed {seed}, call {nth}: {error}");
                    noticed += 1;
                }
            }
        }
    }
    assert!(noticed > 0, "no failure was noticed");
}
