use parla::prelude::*;
use std::cell::Cell;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn count() -> Cell<i32> {
        Cell::new(1)
    }
}
