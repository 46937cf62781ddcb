use parla::PArray;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let x = PArray::from(vec![0.0; 8]);
    let t = TaskSpace::new("T");
    #[spawn(t[0], output = [x])]
    fn zeros() {
        x.fill(0.0);
    }
    #[spawn(t[1], output = [x])]
    fn ones() {
        x.fill(1.0);
    }
    Ok(())
}
