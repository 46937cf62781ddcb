use parla::prelude::*;

#[parla::main]
fn main() {
    fn build(t: &TaskSpace<'static>) {
        #[spawn(t[0])]
        || println!("never reached by the attribute of `main`");
    }
    build(&TaskSpace::new("T"));
}
