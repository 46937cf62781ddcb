use parla::prelude::*;

#[parla::main]
fn main() {
    #[spawn(vcus = 2, memory = "2 gigs")]
    fn heavy() {}
}
