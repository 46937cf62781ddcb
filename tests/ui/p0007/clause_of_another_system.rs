use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.spawn_all(0..1, |_| ());
    #[spawn(t[1], after = [t[0]])]
    fn task() {}
}
