use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0..4])]
    fn part() {}
}
