use parla::prelude::*;
use std::rc::Rc;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let first = t.task(0).spawn(|| 1);
    #[spawn(t[1])]
    async fn second() {
        let shared = Rc::new(1);
        let _ = first.await;
        println!("{shared}");
    }
}
