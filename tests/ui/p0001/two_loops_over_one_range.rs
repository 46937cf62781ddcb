use parla::prelude::*;

#[task_graph]
fn pass(blocks: usize) {
    let t = TaskSpace::new("block");
    for i in 0..blocks {
        #[spawn(t[i])]
        fn load() {}
    }
    for i in 0..blocks {
        #[spawn(t[i])]
        fn store() {}
    }
}

fn main() {
    pass(8);
}
