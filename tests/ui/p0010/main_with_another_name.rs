#[parla::main]
fn start() {}

fn main() {
    start();
}
