use parla::PArray;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let x = PArray::from(vec![1.0; 12]);
    let t = TaskSpace::new("T");
    for i in 0..3 {
        #[spawn(t[i], inout = [x[4 * i..4 * i + 5]])]
        fn smooth() {
            x.mapv_inplace(|it| it / 2.0);
        }
    }
    Ok(())
}
