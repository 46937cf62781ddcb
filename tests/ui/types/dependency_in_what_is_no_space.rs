use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let done = 1_u8;
    #[spawn(t[1], deps = [done[0]])]
    fn second() {}
}
