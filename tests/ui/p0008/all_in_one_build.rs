parla::kernels! {
    mod stale = "kernels/stale.cu";
    mod vectors = "kernels/vectors.cu" {
        pub fn saxpy(n: i32, a: f64, x: &mut [f32], y: &[f32]);
        pub fn nothing(n: u32);
        pub fn dot();
    }
}

// What calls them is right, so nothing follows from the mistakes.
fn step(gpu: &parla::Gpu, x: &mut parla::DeviceBuffer<f32>, y: &parla::DeviceBuffer<f32>) {
    vectors::saxpy(gpu, parla::grid_for(8), 8, 1.0, x, y).unwrap();
    vectors::nothing(gpu, parla::grid_for(8), 8).unwrap();
    vectors::dot(gpu, parla::grid_for(8)).unwrap();
    stale::nothing(gpu, parla::grid_for(8)).unwrap();
}

fn main() {
    let _ = step;
}
