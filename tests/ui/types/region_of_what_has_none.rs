use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() -> i32 {
        1
    }
    let _ = first;
    #[spawn(t[1], input = [one = t[0]])]
    fn second() -> i32 {
        *one
    }
}
