use parla::prelude::*;

#[task]
fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[variant(add)]
fn add_gpu(a: i32, b: i32) -> i32 {
    a + b
}

fn main() {
    add(1, 2);
}
