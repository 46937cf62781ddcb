use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let (left, right) = (TaskSpace::new("left"), TaskSpace::new("right"));
    for i in 0..4 {
        #[spawn(left[i], deps = [right[i]])]
        fn go_left() {}
        #[spawn(right[i], deps = [left[i - 1], left[i]])]
        fn go_right() {}
    }
    Ok(())
}
