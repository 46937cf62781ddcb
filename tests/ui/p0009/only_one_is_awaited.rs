use parla::PArray;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let x = PArray::from(vec![0.0; 8]);
    let first = #[spawn(output = [x[0..4]])]
    move || x.fill(1.0);
    let second = #[spawn(output = [x[4..8]])]
    move || x.fill(2.0);
    first.await?;
    let sum = #[spawn(input = [x])]
    move || x.sum();
    second.await?;
    sum.await?;
    Ok(())
}
