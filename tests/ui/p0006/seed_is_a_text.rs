#[parla::main(seed = "lucky")]
fn main() {}
