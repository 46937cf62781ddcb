use parla::prelude::*;

#[task_graph]
fn tree(levels: u32) {
    let t = TaskSpace::new("node");
    let nodes = 1 << levels;
    for i in 1..nodes {
        t.task(i).deps(t.at(2 * i)).spawn(|| ());
    }
}

fn main() {
    tree(3);
}
