use parla::prelude::*;

#[task_graph]
fn prefix(n: usize) {
    let t = TaskSpace::new("prefix");
    for i in 0..n {
        #[spawn(t[i], deps = [t[0..=i]])]
        fn add() {}
    }
}

fn main() {
    prefix(4);
}
