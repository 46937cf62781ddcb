use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.spawn_all(0..1, |_| ());
    #[spawn(deps = [t[0]], t[1])]
    fn task() {}
}
