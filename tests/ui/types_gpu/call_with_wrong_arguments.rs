use parla::{DeviceBuffer, Gpu, grid_for};

parla::kernels! {
    mod vectors = "kernels/vectors.cu";
}

fn step(gpu: &Gpu, x: &DeviceBuffer<f64>, y: &DeviceBuffer<f32>) {
    vectors::saxpy(gpu, grid_for(8), 8, 1.0, y, y).unwrap();
    vectors::saxpy(gpu, grid_for(8), 8_usize, 1.0, x, &mut [1.0_f32]).unwrap();
    vectors::nothing(gpu, 8).unwrap();
}

fn main() {
    let _ = step;
}
