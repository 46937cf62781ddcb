use parla::PArray;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let old = PArray::from(vec![0.0; 8]);
    // Another handle, and no other array.
    let new = old.clone();
    #[spawn(input = [old])]
    fn look() -> f64 {
        old.sum()
    }
    #[spawn(output = [new])]
    fn change() {
        new.fill(1.0);
    }
    Ok(())
}
