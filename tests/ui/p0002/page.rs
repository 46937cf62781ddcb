use parla::prelude::*;

#[task_graph]
fn smooth(n: usize) {
    let (old, new) = (TaskSpace::new("old"), TaskSpace::new("new"));
    for i in 0..n {
        #[spawn(old[i])]
        fn load() {}
        #[spawn(new[i], deps = [old[i - 1], old[i], old[i + 1]])]
        fn average() {}
    }
}

#[parla::main]
fn main() {
    smooth(8);
}
