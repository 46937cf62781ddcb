use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let first = t.task(0).spawn(|| 1);
    #[spawn(t[1])]
    move || first.await;
}
