parla::kernels! {
    mod vectors = "kernels/vectors.cu" {
        pub fn saxpy(n: u32, a: f32, x: &[f32], y: &[f32]);
    }
}

fn main() {}
