use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {}
}

#[parla::main]
fn main() {
    pipeline();
}
