use parla::prelude::*;

fn make() -> Task<i32> {
    TaskSpace::new("U").task(0).spawn(|| 1)
}

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[1], input = [make()])]
    fn task() {}
}
