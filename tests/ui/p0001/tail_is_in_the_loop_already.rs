use parla::prelude::*;

#[task_graph]
fn chunks(n: usize) -> Task<usize> {
    let t = TaskSpace::new("chunk");
    for i in 0..=n {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn chunk() {}
    }
    let tail = #[spawn(t[n])]
    move || n;
    tail
}

fn main() {
    drop(chunks(3));
}
