use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    for i in 0..4 {
        println!("{i}");
    }
}
