#[parla::test]
fn adds<T>() {}

fn main() {}
