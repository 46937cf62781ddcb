#[parla::main]
unsafe fn main() {}
