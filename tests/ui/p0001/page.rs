use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    for i in 0..3 {
        for j in 0..3 {
            #[spawn(t[i + j])]
            fn cell() {}
        }
    }
}
