use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], memory = -1024)]
    fn task() {}
}
