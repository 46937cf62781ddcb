use parla::prelude::*;

fn build(t: &TaskSpace<'static>) {
    #[spawn(t[0])]
    || println!("no attribute around it");
}

fn main() {}
