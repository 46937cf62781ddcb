parla::kernels! {
    mod vectors = "kernels/vectors.cu" {
        pub fn saxpi(n: u32, a: f32, x: &[f32], y: &mut [f32]);
    }
}

fn main() {}
