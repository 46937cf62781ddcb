use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let words = vec![1];
    #[spawn(t[0])]
    words.len();
}
