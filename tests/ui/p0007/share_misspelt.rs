use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = cpu { vcsu = 0.5 })]
    fn task() {}
}
