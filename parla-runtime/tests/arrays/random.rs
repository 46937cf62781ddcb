//! Random programs on random regions give what they give one task after the other, wherever their
//! tasks run and however little memory there is.

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use parla_runtime::{Dim, PArray, Placement, ReadAccess, Runtime, TaskSpace, WriteAccess};
use proptest::prelude::*;

use crate::memories::{self, Memories};

/// What a task does with a region of an array.
#[derive(Debug, Clone)]
struct Access {
    array: usize,
    dims: Vec<(usize, usize, usize)>,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Input,
    Output,
    Inout,
    Commute,
}

#[derive(Debug, Clone)]
struct Step {
    accesses: Vec<Access>,
    /// None for the host.
    device: Option<usize>,
}

#[derive(Debug, Clone)]
struct Program {
    shapes: Vec<Vec<usize>>,
    steps: Vec<Step>,
}

fn access(shapes: Vec<Vec<usize>>) -> impl Strategy<Value = Access> {
    (0..shapes.len(), any::<[u16; 9]>(), 0..8_u8).prop_map(move |(array, draw, mode)| {
        let dims = shapes[array].iter().enumerate().map(|(axis, &len)| {
            let [a, b, c] =
                [draw[3 * axis], draw[3 * axis + 1], draw[3 * axis + 2]].map(usize::from);
            if a % 4 == 0 {
                return (0, len, 1);
            }
            let start = a % len;
            let end = start + 1 + b % (len - start);
            (start, end, 1 + c % 3)
        });
        let mode = match mode {
            0..4 => Mode::Input,
            4 => Mode::Output,
            5 => Mode::Commute,
            _ => Mode::Inout,
        };
        Access {
            array,
            dims: dims.collect(),
            mode,
        }
    })
}

fn program() -> impl Strategy<Value = Program> {
    let shape = prop::collection::vec(1..7_usize, 1..4);
    prop::collection::vec(shape, 1..4).prop_flat_map(|shapes| {
        let step = (
            prop::collection::vec(access(shapes.clone()), 1..4),
            0..6_usize,
        );
        let step = step.prop_map(|(accesses, device)| Step {
            accesses: alone(accesses),
            device: device.checked_sub(2),
        });
        (Just(shapes), prop::collection::vec(step, 1..25))
            .prop_map(|(shapes, steps)| Program { shapes, steps })
    })
}

/// Those that overlap nothing else of the same task, or only read.
fn alone(accesses: Vec<Access>) -> Vec<Access> {
    let mut kept: Vec<Access> = Vec::new();
    for access in accesses {
        let conflicts = |other: &Access| {
            other.array == access.array && (other.mode != Mode::Input || access.mode != Mode::Input)
        };
        if !kept.iter().any(conflicts) {
            kept.push(access);
        }
    }
    kept
}

/// What the task does to the elements it may change, given those it reads.
fn compute(step: usize, mode: Mode, read: i64, at: usize, old: i64) -> i64 {
    let new = (step as i64 + 1) * 31 + at as i64 + read * 7;
    match mode {
        Mode::Output => new,
        Mode::Inout => old.wrapping_mul(3).wrapping_add(new),
        // The same in whatever order.
        Mode::Commute => old.wrapping_add(step as i64 + 1),
        Mode::Input => unreachable!("it is only read"),
    }
}

fn region<'a>(array: &'a mut ArrayD<i64>, access: &Access) -> ndarray::ArrayViewMutD<'a, i64> {
    let mut view = array.view_mut();
    for (axis, &(start, end, step)) in access.dims.iter().enumerate() {
        let slice = Slice::new(start as isize, Some(end as isize), step as isize);
        view.slice_axis_inplace(Axis(axis), slice);
    }
    view
}

/// One task after the other.
fn run_in_order(program: &Program) -> Vec<ArrayD<i64>> {
    let mut arrays = arrays(program);
    for (number, step) in program.steps.iter().enumerate() {
        let inputs = step
            .accesses
            .iter()
            .filter(|it| it.mode != Mode::Output && it.mode != Mode::Commute);
        let read: i64 = inputs
            .map(|it| {
                region(&mut arrays[it.array], it)
                    .iter()
                    .fold(0_i64, |sum, it| sum.wrapping_add(*it))
                    % 1000
            })
            .sum();
        for access in step.accesses.iter().filter(|it| it.mode != Mode::Input) {
            let mut view = region(&mut arrays[access.array], access);
            for (at, element) in view.iter_mut().enumerate() {
                *element = compute(number, access.mode, read, at, *element);
            }
        }
    }
    arrays
}

fn arrays(program: &Program) -> Vec<ArrayD<i64>> {
    let array = |shape: &Vec<usize>| {
        let mut next = 0;
        ArrayD::from_shape_simple_fn(IxDyn(shape), || {
            next += 1;
            next
        })
    };
    program.shapes.iter().map(array).collect()
}

enum Right {
    Read(ReadAccess<i64, IxDyn>),
    Write(WriteAccess<i64, IxDyn>, Mode),
}

impl Right {
    fn elements(&mut self) -> Vec<i64> {
        let bytes = match self {
            Self::Read(access) => match access.on_device() {
                Some(slice) => memories::read(slice),
                None => return access.with(|view| view.iter().copied().collect()),
            },
            Self::Write(access, _) => match access.on_device() {
                Some(slice) => memories::read(slice),
                None => return access.with(|view| view.iter().copied().collect()),
            },
        };
        let element = |bytes: &[u8]| i64::from_ne_bytes(bytes.try_into().unwrap());
        bytes.chunks(8).map(element).collect()
    }

    fn set(&mut self, elements: &[i64]) {
        let Self::Write(access, _) = self else {
            return;
        };
        if let Some(slice) = access.on_device() {
            let bytes: Vec<u8> = elements.iter().flat_map(|it| it.to_ne_bytes()).collect();
            return memories::write(slice, &bytes);
        }
        access.with(|mut view| {
            for (to, from) in view.iter_mut().zip(elements) {
                *to = *from;
            }
        });
    }
}

fn run(number: usize, mut rights: Vec<Right>) {
    let mut read = 0_i64;
    for right in &mut rights {
        let is_read = !matches!(right, Right::Write(_, Mode::Output | Mode::Commute));
        if is_read {
            let sum = right
                .elements()
                .iter()
                .fold(0_i64, |sum, it| sum.wrapping_add(*it));
            read += sum % 1000;
        }
    }
    for right in &mut rights {
        let Right::Write(_, mode) = right else {
            continue;
        };
        let mode = *mode;
        let old = right.elements();
        let new = old
            .iter()
            .enumerate()
            .map(|(at, old)| compute(number, mode, read, at, *old));
        let new: Vec<_> = new.collect();
        right.set(&new);
    }
}

fn run_as_tasks(program: &Program, runtime: &Runtime, devices: usize) -> Vec<PArray<i64, IxDyn>> {
    let _ambient = runtime.enter();
    let arrays: Vec<_> = arrays(program).into_iter().map(PArray::new).collect();
    let t = TaskSpace::new("T");
    for (number, step) in program.steps.iter().enumerate() {
        let mut task = t.task(number);
        let mut rights = Vec::new();
        for access in &step.accesses {
            let dims = access.dims.iter().map(|&(start, end, step)| {
                Dim::range(Some(start as i64), Some(end as i64), step as i64)
            });
            let part = arrays[access.array].slice(dims.collect::<Vec<_>>());
            task = match access.mode {
                Mode::Input => {
                    let (task, right) = task.input(&part);
                    rights.push(Right::Read(right));
                    task
                }
                mode => {
                    let (task, right) = match mode {
                        Mode::Output => task.output(&part),
                        Mode::Commute => task.commute(&part),
                        _ => task.inout(&part),
                    };
                    rights.push(Right::Write(right, mode));
                    task
                }
            };
        }
        let placement = match step.device.filter(|_| devices > 0) {
            Some(device) => Placement::gpu_at((device % devices) as i64),
            None => Placement::cpu(),
        };
        task.placement(placement).spawn(move || run(number, rights));
    }
    t.wait_all().wait().expect("no task fails");
    arrays
}

/// The largest task, in bytes.
fn largest(program: &Program) -> u64 {
    let bytes = |step: &Step| {
        let sizes = step.accesses.iter().map(|access| {
            let lens = access
                .dims
                .iter()
                .map(|(start, end, step)| (end - start).div_ceil(*step));
            lens.product::<usize>() as u64 * 8
        });
        sizes.sum::<u64>()
    };
    program.steps.iter().map(bytes).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_programs_give_the_sequential_result(
        program in program(),
        workers in 1..5_usize,
        devices in 0..5_usize,
        slack in 0..3_u64,
    ) {
        let expected = run_in_order(&program);
        let limit = largest(&program) + slack * 200;
        let memories = Memories::new(devices, limit);
        let runtime = Runtime::builder().workers(workers).devices(memories.clone()).build().unwrap();
        let arrays = run_as_tasks(&program, &runtime, devices);
        for (array, expected) in arrays.into_iter().zip(&expected) {
            let got = array.into_array().wait().unwrap();
            prop_assert_eq!(&got, expected);
        }
        drop(runtime);
        let held = memories.counts.held.lock().unwrap().clone();
        for (now, most) in held {
            prop_assert_eq!(now, 0, "memory is left over");
            prop_assert!(most <= limit, "more was held than there is");
        }
    }

    #[test]
    fn what_is_on_devices_comes_home_at_the_end_of_the_runtime(program in program(), devices in 1..3_usize) {
        let expected = run_in_order(&program);
        let memories = Memories::new(devices, largest(&program) + 100_000);
        let runtime = Runtime::builder().workers(2).devices(memories.clone()).build().unwrap();
        let arrays = run_as_tasks(&program, &runtime, devices);
        drop(runtime);
        for (array, expected) in arrays.into_iter().zip(&expected) {
            let got = array.into_array().wait().unwrap();
            prop_assert_eq!(&got, expected);
        }
    }
}
