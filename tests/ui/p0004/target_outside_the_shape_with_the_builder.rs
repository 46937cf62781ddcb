use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::with_shape("T", [8]);
    for i in 1..9 {
        t.task(i).spawn(move || println!("{i}"));
    }
}
