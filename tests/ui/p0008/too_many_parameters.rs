parla::kernels! {
    mod vectors = "kernels/vectors.ptx" {
        pub fn saxpy(n: u32, a: f32, x: &[f32], incx: u32, y: &mut [f32], incy: u32);
    }
}

fn main() {}
