use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    for i in 0..2 {
        #[spawn(t[i])]
        fn part() {}
    }
    #[spawn(t[2], deps = [t[0]], deps = [t[1]])]
    fn task() {}
}
