use parla::prelude::*;

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Cell {
    value: [u8; 3],
    is_alive: bool,
}

fn main() {
    let _ = PArray::from(vec![Cell {
        value: [0; 3],
        is_alive: true,
    }]);
}
