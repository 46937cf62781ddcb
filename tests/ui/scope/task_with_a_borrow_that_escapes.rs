use parla::prelude::*;

#[parla::main]
fn main() {
    let data = vec![1];
    let task = parla::scope(|s| s.task().spawn(|| &data)).unwrap();
    println!("{}", task.wait().unwrap().len());
}
