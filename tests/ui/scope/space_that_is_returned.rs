#[parla::main]
fn main() {
    let t = parla::scope(|s| s.task_space("T")).unwrap();
    t.task(0).spawn(|| ());
}
