//! The kernels that every driver is tried with.

use super::{Call, Memory, find};

const TEXT: &str = include_str!("kernels/basic.ptx");

fn random<T>(seed: u64, length: usize, draw: impl Fn(&mut fastrand::Rng) -> T) -> Vec<T> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..length).map(|_| draw(&mut random)).collect()
}

#[test]
fn saxpy() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let x = random(1, 10_000, fastrand::Rng::f32);
    let y = random(2, 10_000, fastrand::Rng::f32);
    let (device_x, device_y) = (memory.upload(&x), memory.upload(&y));
    let call = Call::new(&instance, "saxpy").of(10_000_u32.div_ceil(256), 256);
    memory
        .run(
            &call
                .with(10_000u32)
                .with(2.5f32)
                .with(device_x)
                .with(device_y),
        )
        .unwrap();
    let expected: Vec<f32> = x.iter().zip(&y).map(|(x, y)| x.mul_add(2.5, *y)).collect();
    assert_eq!(memory.download::<f32>(device_y), expected);
}

#[test]
fn tiled_sgemm() {
    let (m, n, k) = (37, 50, 29);
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let a = random(1, m * k, fastrand::Rng::f32);
    let b = random(2, k * n, fastrand::Rng::f32);
    let c = random(3, m * n, fastrand::Rng::f32);
    let device = [memory.upload(&a), memory.upload(&b), memory.upload(&c)];
    let mut call = Call::new(&instance, "sgemm_tiled");
    call.grid = [n.div_ceil(16) as u32, m.div_ceil(16) as u32, 1];
    call.block = [16, 16, 1];
    let call = call
        .with(m as u32)
        .with(n as u32)
        .with(k as u32)
        .with(1.5f32);
    let call = call
        .with(device[0])
        .with(k as u32)
        .with(device[1])
        .with(n as u32);
    memory
        .run(&call.with(0.5f32).with(device[2]).with(n as u32))
        .unwrap();
    let result = memory.download::<f32>(device[2]);
    for row in 0..m {
        for column in 0..n {
            let sum: f32 = (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum();
            let expected = 1.5 * sum + 0.5 * c[row * n + column];
            let found = result[row * n + column];
            assert!(
                (found - expected).abs() < 1e-4,
                "({row}, {column}): {found} for {expected}"
            );
        }
    }
}

#[test]
fn jacobi_in_doubles() {
    let (width, height) = (45, 33);
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let u = random(1, width * height, fastrand::Rng::f64);
    let (device_u, device_v) = (memory.upload(&u), memory.upload(&u));
    let mut call = Call::new(&instance, "jacobi2d");
    call.grid = [width.div_ceil(16) as u32, height.div_ceil(8) as u32, 1];
    call.block = [16, 8, 1];
    memory
        .run(
            &call
                .with(width as u32)
                .with(height as u32)
                .with(device_u)
                .with(device_v),
        )
        .unwrap();
    let mut expected = u.clone();
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let i = y * width + x;
            expected[i] = 0.25 * (u[i - 1] + u[i + 1] + u[i - width] + u[i + width]);
        }
    }
    let found = memory.download::<f64>(device_v);
    assert!(
        found
            .iter()
            .zip(&expected)
            .all(|(found, expected)| (found - expected).abs() < 1e-15)
    );
}

#[test]
fn reduction_with_barriers_and_an_atomic() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    // Small integers: the sum is exact in any order.
    let x = random(1, 5000, |random| f32::from(random.u8(..)));
    let (device_x, out) = (memory.upload(&x), memory.upload(&[0f32]));
    let call = Call::new(&instance, "reduce_sum").of(7, 256);
    memory
        .run(&call.with(5000u32).with(device_x).with(out))
        .unwrap();
    assert_eq!(memory.download::<f32>(out), [x.iter().sum::<f32>()]);
}

#[test]
fn what_the_driver_asks_of_a_kernel() {
    let instance = Memory::default().load(TEXT);
    let kernels = instance.module().kernels().iter();
    let names: Vec<&str> = kernels.map(|kernel| kernel.name.as_str()).collect();
    assert_eq!(
        names,
        ["saxpy", "sgemm_tiled", "jacobi2d", "spin_ns", "reduce_sum"]
    );
    let kernel = find(&instance, "saxpy");
    let offsets: Vec<_> = kernel
        .parameters
        .iter()
        .map(|p| (p.offset, p.bytes, p.alignment))
        .collect();
    assert_eq!(offsets, [(0, 4, 4), (4, 4, 4), (8, 8, 8), (16, 8, 8)]);
    assert_eq!(kernel.parameter_bytes, 24);
    assert_eq!(kernel.static_shared_bytes, 0);
    let kernel = find(&instance, "sgemm_tiled");
    assert_eq!(kernel.static_shared_bytes, 2048);
}
