#[parla::main]
fn main() {
    let task;
    {
        let data = vec![1, 2, 3];
        task = parla::scope(|s| s.task().spawn(|| &data)).unwrap();
    }
    println!("{}", task.wait().unwrap().len());
}
