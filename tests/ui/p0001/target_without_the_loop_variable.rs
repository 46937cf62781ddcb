use parla::prelude::*;

#[parla::main]
fn main() {
    let rows = TaskSpace::new("rows");
    for row in 0..8 {
        #[spawn(rows[0])]
        fn scale() {
            println!("{row}");
        }
    }
}
