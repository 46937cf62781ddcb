use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    t.task(0).deps(t.task(2)).spawn(|| println!("read"));
    t.task(1).deps(t.task(0)).spawn(|| println!("compute"));
    t.task(2).deps([t.task(1)]).spawn(|| println!("write"));
}
