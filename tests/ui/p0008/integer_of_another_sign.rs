parla::kernels! {
    mod vectors = "kernels/vectors.cu" {
        pub fn saxpy(n: i32, a: f32, x: &[f32], y: &mut [f32]);
    }
}

fn main() {}
