use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {}
    #[spawn(deps = [t[0]], t[1])]
    fn task() {}
}
