use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = cpu { priority = 1 })]
    fn task() {}
}
