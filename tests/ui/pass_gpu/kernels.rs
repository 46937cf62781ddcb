//! Kernels from files, from text, with types of the program, under any name.

mod inner {
    parla::kernels! {
        /// From a source.
        pub mod derived = "kernels/vectors.cu";

        pub(crate) mod declared = "kernels/vectors.cu" {
            /// With a type that is another name of one.
            pub fn saxpy(n: u32, a: super::Real, x: &[Real], y: &mut [Real]);
            pub fn nothing();
        }

        // The GPU and the shape of the launch are in nobody's way.
        mod named = ptx ".visible .entry f(.param .u32 gpu, .param .u64 .ptr config, .param .b64 IMAGE_)" {
            pub(super) fn f(gpu: u32, config: &[i32], IMAGE_: u64);
        }
    }

    type Real = f32;

    pub(crate) fn launch(gpu: &parla::Gpu, ints: &parla::DeviceBuffer<i32>) {
        named::f(gpu, parla::grid_for(1), 1, ints, 2).unwrap();
    }
}

use inner::{declared, derived};
use parla::{DeviceBuffer, Gpu, grid_for};

fn launch(gpu: &Gpu, x: &DeviceBuffer<f32>, y: &mut DeviceBuffer<f32>) {
    derived::saxpy(gpu, grid_for(8), 8, 1.0, x, y).unwrap();
    derived::nothing(gpu, grid_for(8)).unwrap();
    declared::saxpy(gpu, grid_for(8), 8, 1.0, x, y).unwrap();
    declared::nothing(gpu, grid_for(8)).unwrap();
}

fn main() {
    let _ = (launch, inner::launch);
}
