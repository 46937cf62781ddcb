use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let number = 1_u8;
    #[spawn(t[0], input = [number])]
    fn show() {
        println!("{number}");
    }
}
