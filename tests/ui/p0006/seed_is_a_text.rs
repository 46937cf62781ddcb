use parla::prelude::*;

#[parla::main(seed = "lucky")]
fn main() {

}
