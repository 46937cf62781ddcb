use parla::prelude::*;

#[task]
fn axpy(a: f32, x: f32) -> f32 {
    a * x
}

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    for i in 0..2 {
        #[spawn(t[i], placement = [gpu(0), gpu(1) { vcus = 0.5 }])]
        axpy(2.0, 1.0);
    }
}
