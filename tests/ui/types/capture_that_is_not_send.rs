use parla::prelude::*;
use std::rc::Rc;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let shared = Rc::new(1);
    #[spawn(t[0])]
    fn show() {
        println!("{shared}");
    }
}
