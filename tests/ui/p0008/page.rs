parla::kernels! {
    mod vectors = ptx "
        .version 6.0
        .target sm_52
        .address_size 64
        .visible .entry saxpy(.param .u32 n, .param .f32 a, .param .u64 x, .param .u64 y) { ret; }
    " {
        pub fn saxpy(n: u32, a: f64, x: &[f32], y: &mut [f32]);
    }
}

fn main() {}
