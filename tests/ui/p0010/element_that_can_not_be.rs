use parla::prelude::*;

#[derive(Clone, Copy, Element)]
enum Sign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Element)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Pair<T> {
    first: T,
    second: T,
}

#[derive(Clone, Copy, Element)]
#[repr(C)]
union Either {
    float: f32,
    integer: u32,
}

fn main() {}
