use parla::ndarray::Ix1;
use parla::PArray;
use parla::prelude::*;

/// The halo reaches into the block of the next task of the same step.
#[task_graph(explicit)]
fn smooth(x: &PArray<f64, Ix1>, n: usize, size: usize) {
    let (fill, sum) = (TaskSpace::new("fill"), TaskSpace::new("sum"));
    for i in 0..n {
        #[spawn(fill[i], output = [x[i * size..(i + 1) * size]])]
        fn fill_block() {
            x.fill(1.0);
        }
        #[spawn(sum[i], deps = [fill[i - 1], fill[i]], input = [x[i * size - 1..(i + 1) * size + 1]])]
        fn sum_block() -> f64 {
            x.sum()
        }
    }
}

#[parla::main]
fn main() {
    smooth(&PArray::from(vec![0.0; 8]), 2, 4);
}
