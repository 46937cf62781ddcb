use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let first = 1_u8;
    #[spawn(t[1], deps = [first])]
    fn second() {}
}
