use parla::prelude::*;

#[parla::main]
fn main() {
    let count = 1_u8;
    #[spawn(count[0])]
    fn task() {}
}
