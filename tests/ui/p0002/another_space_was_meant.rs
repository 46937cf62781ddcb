use parla::prelude::*;

#[task_graph]
fn copy(n: usize) {
    let (read, write) = (TaskSpace::new("read"), TaskSpace::new("write"));
    let check = TaskSpace::new("check");
    for i in 0..n {
        #[spawn(read[i])]
        fn read_block() {}
        #[spawn(write[i], deps = [read[i], check[i]])]
        fn write_block() {}
    }
}

fn main() {
    copy(4);
}
