use parla::prelude::*;

#[parla::main]
fn main() {
    let mut sum = 0;
    parla::scope(|s| {
        let t = s.task_space("T");
        #[spawn(t[0])]
        || sum += 1;
        #[spawn(t[1], deps = [t[0]])]
        || sum += 2;
    })
    .unwrap();
    println!("{sum}");
}
