use parla::prelude::*;

#[task_graph]
fn shifted(n: usize) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        #[spawn(t[i - 1], deps = [t[i - 2]])]
        fn before() {}
    }
}

fn main() {
    shifted(4);
}
