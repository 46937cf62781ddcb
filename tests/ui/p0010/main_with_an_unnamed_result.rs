#[parla::main]
fn main() -> impl std::process::Termination {}
