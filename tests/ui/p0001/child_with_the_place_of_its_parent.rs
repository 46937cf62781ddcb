use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0], clone = [t])]
    fn parent() {
        for i in 0..3 {
            #[spawn(t[i])]
            fn child() {}
        }
    }
}
