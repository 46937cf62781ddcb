use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], deps = [t[9]])]
    fn first() {}
    #[spawn(t[9], deps = [t])]
    fn last() {}
}
