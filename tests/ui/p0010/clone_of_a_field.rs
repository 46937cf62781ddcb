use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let pair = (String::new(), 1);
    #[spawn(t[0], clone = [pair.0])]
    fn task() {}
}
