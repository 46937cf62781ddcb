use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let (a, b) = (t.task(0), t.task(1));
    #[spawn(placement = near([a, b]))]
    fn task() {}
}
