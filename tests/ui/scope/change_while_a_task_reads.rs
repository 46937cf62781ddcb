#[parla::main]
fn main() {
    let mut data = vec![1, 2, 3];
    parla::scope(|s| {
        s.task().spawn(|| println!("{}", data.len()));
        data.push(4);
    })
    .unwrap();
}
