use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    for i in 0..4 {
        #[spawn(t[i])]
        fn part() {}
    }
    #[spawn(t[8], deps = [t[0..4]], placement = with(t[0..4]))]
    fn task() {}
}
