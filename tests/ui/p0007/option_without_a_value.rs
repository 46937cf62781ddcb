#[parla::main(4)]
fn main() {}
