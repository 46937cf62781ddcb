use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let half = 0.5_f64;
    #[spawn(t[half])]
    fn task() {}
}
