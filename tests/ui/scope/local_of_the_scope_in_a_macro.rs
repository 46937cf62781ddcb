use parla::prelude::*;

#[parla::main]
fn main() {
    parla::scope(|s| {
        let t = s.task_space("T");
        let inside = 1;
        #[spawn(t[0])]
        || println!("{inside}");
    })
    .unwrap();
}
