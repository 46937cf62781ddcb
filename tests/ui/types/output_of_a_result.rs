use parla::prelude::*;

#[parla::main]
fn main() {
    let number = #[spawn]
    || 1;
    #[spawn(output = [number])]
    fn change() {
        *number = 2;
    }
}
