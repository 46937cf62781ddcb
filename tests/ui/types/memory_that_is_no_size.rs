use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let size = 1.5_f64;
    #[spawn(t[0], memory = size)]
    fn task() {}
}
