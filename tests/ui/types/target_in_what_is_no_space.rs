use parla::prelude::*;

#[parla::main]
fn main() {
    let count = 1;
    #[spawn(count[0])]
    fn task() {}
}
