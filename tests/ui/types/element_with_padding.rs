use parla::prelude::*;

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Particle {
    position: f64,
    charge: u8,
}

fn main() {
    let _ = PArray::from(Vec::<Particle>::new());
}
