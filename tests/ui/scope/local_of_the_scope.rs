#[parla::main]
fn main() {
    parla::scope(|s| {
        let t = s.task_space("T");
        let inside = 1;
        t.task(0).spawn(|| println!("{inside}"));
    })
    .unwrap();
}
