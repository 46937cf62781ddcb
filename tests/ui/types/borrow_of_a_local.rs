use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let text = String::from("local");
    #[spawn(t[0])]
    || println!("{text}");
}
