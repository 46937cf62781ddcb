use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(deps = [t[0]], t[1])]
    fn task() {}
}
