use parla::PArray;
use parla::prelude::*;

/// The dependency is on another task than the one that writes.
#[task_graph(explicit)]
fn build(x: &PArray<f64, parla::ndarray::Ix1>) {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn prepare() {}
    #[spawn(t[1], deps = [t[0]], output = [x])]
    fn fill() {
        x.fill(1.0);
    }
    #[spawn(t[2], deps = [t[0]], input = [half = x[0..4]])]
    fn sum() -> f64 {
        half.sum()
    }
}

#[parla::main]
fn main() {
    build(&PArray::from(vec![0.0; 8]));
}
