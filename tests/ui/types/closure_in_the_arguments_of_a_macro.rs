use parla::prelude::*;

#[parla::main]
fn main() {
    let tasks = vec![
        #[spawn]
        || 1,
    ];
    drop(tasks);
}
