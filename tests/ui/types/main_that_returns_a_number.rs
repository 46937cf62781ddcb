#[parla::main]
fn main() -> i32 {
    1
}
