use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let text = String::from("local");
    let slice = text.as_str();
    #[spawn(t[0])]
    fn show() {
        println!("{slice}");
    }
}
