use parla::prelude::*;

#[task_graph]
fn steps(n: usize) {
    let t = TaskSpace::new("step");
    for i in 0..n {
        #[spawn(t[i], deps = [t[i + 1]])]
        fn step() {}
    }
}

fn main() {
    steps(10);
}
