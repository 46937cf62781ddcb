use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() {}
    #[spawn(t[1], vcus = 0.5 deps = [t[0]])]
    fn task() {}
}
