use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.spawn_all(0..2, |_| ());
    #[spawn(t[2], deps = [t[0]], deps = [t[1]])]
    fn task() {}
}
