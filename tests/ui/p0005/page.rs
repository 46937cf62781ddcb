use parla::prelude::*;

#[task]
fn axpy(a: f32, x: f32) -> f32 {
    a * x
}

#[parla::main]
fn main() {
    #[spawn(placement = gpu)]
    axpy(2.0, 1.0);
}
