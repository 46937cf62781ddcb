use parla::Shared;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let sum = Shared::new(0);
    let t = TaskSpace::new("T");
    for i in 0..4 {
        #[spawn(t[i], commute = [sum])]
        fn add() {
            *sum += i;
        }
    }
    let half = #[spawn(deps = [t[0..2]], input = [sum])]
    move || *sum;
    half.await?;
    Ok(())
}
