use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = [cpu(0) { vcus = -0.5 }, cpu(1)])]
    fn task() {}
}
