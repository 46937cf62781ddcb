use parla::prelude::*;
use parla::{PArray, Shared};

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let (count, x) = (Shared::new(0), PArray::from(vec![1; 8]));
    for _ in 0..8 {
        #[spawn(input = [x], inout = [count])]
        fn add() {
            *count += x[0];
        }
    }
    Ok(())
}
