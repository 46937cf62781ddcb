use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    let a = t.task(0).spawn(|| 1);
    let b = t.task(1).spawn(|| 2);
    #[spawn(t[2], input = [a, a = b])]
    fn sum() -> i32 {
        *a
    }
}
