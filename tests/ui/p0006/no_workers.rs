use parla::prelude::*;

#[parla::main(workers = 0)]
fn main() {

}
