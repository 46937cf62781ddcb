use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn double(x: i32) -> i32 {
        2 * x
    }
}
