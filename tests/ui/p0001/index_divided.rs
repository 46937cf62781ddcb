use parla::prelude::*;

#[parla::main]
fn main() {
    const TASKS: usize = 10;
    let t = TaskSpace::new("pair");
    for i in 0..TASKS {
        #[spawn(t[i / 2], deps = [t[i / 2 - 1]])]
        fn pair() {
            println!("{i}");
        }
    }
}
