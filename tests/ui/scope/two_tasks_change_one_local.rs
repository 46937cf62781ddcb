#[parla::main]
fn main() {
    let mut sum = 0;
    parla::scope(|s| {
        let t = s.task_space("T");
        t.task(0).spawn(|| sum += 1);
        t.task(1).spawn(|| sum += 2);
    })
    .unwrap();
    println!("{sum}");
}
