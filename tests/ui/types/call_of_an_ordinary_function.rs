use parla::prelude::*;

fn double(x: i32) -> i32 {
    2 * x
}

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    double(2);
}
