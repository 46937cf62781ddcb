use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.spawn_all(0..1, |_| ());
    #[spawn(t[1], vcus = 0.5 deps = [t[0]])]
    fn task() {}
}
