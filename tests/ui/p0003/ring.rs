use parla::prelude::*;

#[task_graph]
fn ring(n: usize) {
    let t = TaskSpace::new("node");
    for i in 0..n {
        #[spawn(t[i], deps = [t[(i + 1) % n]])]
        fn pass_on() {}
    }
}

fn main() {
    ring(4);
}
