use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    #[spawn(t[1])]
    fn task() {}
}
