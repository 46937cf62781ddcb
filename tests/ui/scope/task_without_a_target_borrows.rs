use parla::prelude::*;

#[parla::main]
fn main() {
    let data = vec![1, 2, 3];
    parla::scope(|_| {
        #[spawn]
        || println!("{}", data.len());
    })
    .unwrap();
}
