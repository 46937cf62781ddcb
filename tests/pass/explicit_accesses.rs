//! Conflicting accesses that something orders, where accesses don't, and accesses that don't conflict.

use parla::ndarray::{Array2, Ix1};
use parla::prelude::*;
use parla::{PArray, Shared};

/// Blocks that touch each other, and wait where they overlap.
#[task_graph(explicit)]
fn steps(x: &PArray<f64, Ix1>, y: &PArray<f64, Ix1>, n: usize, size: usize) -> TaskSpace<'static> {
    let (fill, sum) = (TaskSpace::with_shape("fill", [n]), TaskSpace::new("sum"));
    for i in 0..n {
        #[spawn(fill[i], output = [x[i * size..(i + 1) * size]])]
        fn fill_block() {
            x.fill(1.0);
        }
    }
    for i in 0..n {
        #[spawn(sum[i], deps = [fill[i - 1], fill[i], fill[i + 1]],
            input = [x[i * size - 1..(i + 1) * size + 1]], output = [y[i]])]
        fn sum_block() {
            y[0] = x.sum();
        }
    }
    sum
}

/// The last range begins where the array ends.
#[task_graph(explicit)]
fn rest(x: &PArray<f64, Ix1>, n: usize) {
    let t = TaskSpace::new("T");
    #[spawn(t[0], output = [x])]
    fn fill() {
        x.fill(1.0);
    }
    for i in 0..n {
        #[spawn(t[i + 1], deps = [t[i]], inout = [x[i]])]
        fn step() {
            x[0] += 1.0;
        }
    }
    for i in 0..n {
        #[spawn(deps = [t[i + 2..n + 1]], input = [x[i + 1..]])]
        fn look() -> f64 {
            x.sum()
        }
    }
}

/// Two parameters may be two arrays, and a name may be that of another one later.
#[task_graph(explicit)]
fn copy(from: &PArray<f64, Ix1>, to: &PArray<f64, Ix1>) {
    #[spawn(input = [from], output = [to])]
    fn copy_all() {
        to.assign(&from);
    }
    let from = PArray::from(vec![0.0; 2]);
    #[spawn(inout = [from])]
    fn change() {
        from.fill(0.5);
    }
}

/// Where accesses order tasks, they do.
#[task_graph]
fn ordered(x: &PArray<f64, Ix1>) {
    for _ in 0..3 {
        #[spawn(inout = [x])]
        fn step() {
            x[0] += 1.0;
        }
    }
}

fn finish(task: Task<()>) {
    task.wait().unwrap();
}

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let (x, y) = (PArray::from(vec![0.0; 12]), PArray::from(vec![0.0; 3]));
    steps(&x, &y, 3, 4).wait_all().await?;
    let sums = #[spawn(input = [y])]
    move || y.to_vec();
    assert_eq!(*sums.await?, [5.0, 6.0, 5.0]);
    // Nothing waits for these: each has data of its own.
    let zeros = |n| PArray::from(vec![0.0; n]);
    rest(&zeros(12), 12);
    copy(&zeros(3), &zeros(3));
    ordered(&zeros(3));

    let t = TaskSpace::new("T");
    for i in 0..4 {
        #[spawn(t[i], deps = [t[i - 1]], inout = [x])]
        fn chained() {
            x[0] += f64::from(i);
        }
    }
    t.wait_all().await?;
    let one = #[spawn(output = [x])]
    move || x.fill(1.0);
    one.await?;
    let two = #[spawn(output = [x])]
    move || x.fill(2.0);
    // Nobody sees that this waits.
    finish(two);
    #[spawn(output = [x])]
    fn three() {
        x.fill(3.0);
    }
    let (sum, a) = (Shared::new(0), PArray::new(Array2::<f64>::zeros((4, 6))));
    for i in 0..4 {
        #[spawn(commute = [sum], inout = [a[i, 0..6; 2]])]
        fn even() {
            *sum += 1;
            a.fill(1.0);
        }
        #[spawn(commute = [sum], inout = [a[i, 1..6; 2]])]
        fn odd() {
            *sum += 1;
            a.fill(-1.0);
        }
    }
    Ok(())
}
