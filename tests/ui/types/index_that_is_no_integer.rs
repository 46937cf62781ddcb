use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let half = 0.5;
    #[spawn(t[half])]
    fn task() {}
}
