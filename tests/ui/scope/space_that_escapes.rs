#[parla::main]
fn main() {
    let mut kept = None;
    parla::scope(|s| kept = Some(s.task_space("T"))).unwrap();
    drop(kept);
}
