use parla::prelude::*;

const PARTS: usize = 16;

#[parla::main]
fn main() {
    let t = TaskSpace::new("part");
    t.spawn_all(0..PARTS, |i| println!("part {i}"));
    t.task(PARTS - 1).spawn(|| println!("all parts are done"));
}
