use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let text = String::from("local");
    for i in 0..2 {
        #[spawn(t[i])]
        fn show() {
            println!("{text}");
        }
    }
}
