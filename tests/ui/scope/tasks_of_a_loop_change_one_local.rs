#[parla::main]
fn main() {
    let mut sum = 0;
    parla::scope(|s| {
        let t = s.task_space("T");
        for i in 0..4 {
            t.task(i).spawn(|| sum += 1);
        }
    })
    .unwrap();
    println!("{sum}");
}
