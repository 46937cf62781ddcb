//! Data that don't fit: more than a GPU has memory, a task that is larger than one, results larger
//! than what copies are staged in.

use parla::ndarray::Ix1;
use parla::prelude::*;
use parla::{Gpu, TaskErrorKind};

use crate::machine::Machine;
use crate::{jacobi, matmul};

#[test]
fn three_times_as_much_data_as_memory() {
    for count in [1, 2] {
        let machine = Machine::new(count);
        let size = matmul::on_host().len() * size_of::<f64>();
        // Of three matrices there is room for one.
        let runtime = crate::common::build(machine.builder_with_limit(size as u64));
        let product = runtime.run(|| matmul::automatic(|_, _| Placement::gpu()));
        assert_eq!(product.expect("all ends well"), matmul::on_host());
        drop(runtime);
        let size = jacobi::initial().len() * size_of::<f64>();
        let runtime = crate::common::build(machine.builder_with_limit(size as u64 * 2 / 3));
        let grid = runtime.run(|| jacobi::automatic(|_| Placement::gpu()));
        assert_eq!(grid.expect("all ends well"), jacobi::on_host());
    }
}

#[test]
fn a_task_larger_than_any_device_is_refused_at_its_spawn() {
    let machine = Machine::new(2);
    let runtime = crate::common::build(machine.builder_with_limit(1000));
    let outcome = runtime.run(|| {
        let x = PArray::from_elem(1001, 0_u8);
        let (task, _access) = TaskSpace::new("T").task(0).inout(&x);
        let task = task.placement(Placement::gpu()).spawn(|| ());
        assert!(task.is_finished(), "it has never been queued");
        let error = task.wait().expect_err("it is too large");
        let TaskErrorKind::TooLarge { asked, largest } = error.kind() else {
            panic!("{error}");
        };
        assert!(
            asked.contains("1001") && largest.contains("1000"),
            "{error}"
        );
        // Half of it is not.
        let (task, _access) = TaskSpace::new("T").task(1).inout(&x.slice(..500));
        task.placement(Placement::gpu())
            .spawn(|| ())
            .wait()
            .map(drop)
    });
    // The elements are as the task that failed left them, so what follows it failed too.
    let follower = outcome.expect("what failed was looked at");
    let error = follower.expect_err("it follows one that failed");
    assert!(
        matches!(error.kind(), TaskErrorKind::DependencyFailed(_)),
        "{error}"
    );
}

#[task_graph]
fn fill_half(x: &PArray<u32, Ix1>) {
    let half = x.len() / 2;
    #[spawn(inout = [all = x], placement = gpu)]
    move |gpu: &Gpu| -> parla::Result<()> {
        let mut part = all.span_mut().into_slice(..half);
        Ok(gpu.fill(&mut part, 7)?)
    };
}

#[test]
fn a_result_larger_than_the_staging_memory_comes_home() {
    const N: usize = 20 << 20;
    let machine = Machine::with_bandwidth(1, None);
    let runtime = crate::common::build(machine.builder());
    let array = runtime.run(|| {
        let x = PArray::from_fn(N, |i| i as u32);
        fill_half(&x);
        x.into_array().wait().expect("all ends well")
    });
    let array = array.expect("all ends well");
    let expected = |i: usize| if i < N / 2 { 7 } else { i as u32 };
    assert_eq!(
        array
            .iter()
            .enumerate()
            .position(|(i, x)| *x != expected(i)),
        None
    );
}
