use parla::prelude::*;

#[parla::main(4)]
fn main() {

}
