use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let data = vec![1, 2, 3];
    parla::scope(|_| {
        t.task(0).spawn(|| println!("{}", data.len()));
    })
    .unwrap();
}
