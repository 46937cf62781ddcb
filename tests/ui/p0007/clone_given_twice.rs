use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let text = String::new();
    #[spawn(t[0], clone = [text, text])]
    fn show() {
        println!("{text}");
    }
}
