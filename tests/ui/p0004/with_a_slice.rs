use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.spawn_all(0..4, |_| ());
    #[spawn(t[8], deps = [t[0..4]], placement = with(t[0..4]))]
    fn task() {}
}
