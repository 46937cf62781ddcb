#[parla::main]
fn main() {
    let data = vec![1, 2, 3];
    parla::scope(|s| {
        s.task().spawn(|| println!("{}", data.len()));
        drop(data);
    })
    .unwrap();
}
