use parla::prelude::*;

#[derive(Element)]
#[repr(C)]
struct Particle {
    position: f64,
}

fn main() {
    let _ = PArray::from(Vec::<Particle>::new());
}
