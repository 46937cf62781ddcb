//! What CUDA C has beyond C: bit operations, warps, halves, clocks, blocks that wait for each other.

use super::{Call, Memory};

const TEXT: &str = include_str!("kernels/intrinsics.ptx");

#[test]
fn operations_on_bits() {
    let a: [u32; 5] = [0, 1, 0x8000_0000, 0xDEAD_BEEF, u32::MAX];
    let b: [u32; 5] = [7, 0x1234_5678, u32::MAX, 0x0102_0304, 0x8000_0001];
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (da, db, out) = (
        memory.upload(&a),
        memory.upload(&b),
        memory.upload(&[0u32; 60]),
    );
    memory
        .run(
            &Call::new(&instance, "bits")
                .of(1, 5)
                .with(da)
                .with(db)
                .with(out),
        )
        .unwrap();
    for (i, found) in memory.download::<u32>(out).chunks(12).enumerate() {
        let (x, y) = (a[i], b[i]);
        let bytes = [x.to_le_bytes(), y.to_le_bytes()].concat();
        let dot: u32 = (0..4)
            .map(|k| u32::from(bytes[k]) * u32::from(bytes[4 + k]))
            .sum();
        let wide = u64::from(y) << 32 | u64::from(x);
        let expected = [
            x.count_ones() + 100 * x.leading_zeros(),
            x.reverse_bits(),
            if x == 0 { 0 } else { x.trailing_zeros() + 1 },
            u32::from_le_bytes([bytes[7], bytes[4], bytes[2], bytes[5]]),
            (wide >> 25) as u32,
            (wide >> 11) as u32,
            ((u64::from(x) * u64::from(y)) >> 32) as u32,
            x.abs_diff(y).wrapping_add(5),
            dot + 3,
            x & y | !x & 0x0F0F_0F0F,
            ((u64::from(x) + u64::from(y)) >> 1) as u32,
            x.min(y) ^ x.cast_signed().max(y.cast_signed()).cast_unsigned(),
        ];
        assert_eq!(found, expected, "{x:#x} and {y:#x}");
    }
}

#[test]
fn reductions_and_active_lanes() {
    let values: Vec<i32> = (0..32).map(|i| (i * 5) % 17).collect();
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (device, out) = (memory.upload(&values), memory.upload(&[0u32; 160]));
    memory
        .run(&Call::new(&instance, "warp").with(device).with(out))
        .unwrap();
    let odd = (0..32)
        .filter(|i| values[*i] & 1 == 1)
        .fold(0, |mask, i| mask | 1u32 << i);
    for (value, found) in values.iter().zip(memory.download::<u32>(out).chunks(5)) {
        let sum = values.iter().sum::<i32>() as u32;
        assert_eq!(
            found,
            [sum, 16, 0, if value & 1 == 1 { odd } else { 0 }, 31]
        );
    }
}

#[test]
fn halves() {
    let x = [1.0f32, 0.333, -1000.5, 70000.0, 1e-7];
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (dx, out, back) = (
        memory.upload(&x),
        memory.upload(&[0u16; 5]),
        memory.upload(&[0f32; 5]),
    );
    memory
        .run(
            &Call::new(&instance, "halves")
                .of(1, 5)
                .with(dx)
                .with(out)
                .with(back),
        )
        .unwrap();
    let expected = x.map(|x| half::f16::from_f32(x) + half::f16::from_f32(x));
    assert_eq!(
        memory.download::<u16>(out),
        expected.map(half::f16::to_bits)
    );
    assert_eq!(memory.download::<f32>(back), expected.map(f32::from));
}

#[test]
fn a_parameter_that_is_indexed() {
    let matrix: Vec<u8> = (0..16).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (row, out) = (memory.upload(&[2i32, 0, 3, 1]), memory.upload(&[0f32; 4]));
    let mut call = Call::new(&instance, "large_parameter").of(1, 4);
    call.arguments.push(matrix);
    memory.run(&call.with(row).with(out)).unwrap();
    assert_eq!(memory.download::<f32>(out), [38.0, 6.0, 54.0, 22.0]);
}

#[test]
fn clocks_go_on() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let out = memory.upload(&[0u32]);
    let ran = memory
        .run(
            &Call::new(&instance, "spin")
                .of(1, 1)
                .with(50_000i64)
                .with(out),
        )
        .unwrap();
    assert_eq!(memory.download::<u32>(out), [1]);
    assert!(ran.steps >= 50_000, "{}", ran.steps);
    let basic = memory.load(include_str!("kernels/basic.ptx"));
    memory
        .run(&Call::new(&basic, "spin_ns").of(2, 2).with(10_000u64))
        .unwrap();
}

#[test]
fn neighbours_through_shared_memory() {
    let n = 150;
    let values: Vec<f64> = (0..n).map(|i| f64::from(i * i % 31)).collect();
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (device, out) = (
        memory.upload(&values),
        memory.upload(&vec![0f64; n as usize]),
    );
    memory
        .run(
            &Call::new(&instance, "stencil")
                .of(3, 64)
                .with(device)
                .with(out)
                .with(n),
        )
        .unwrap();
    let at = |i: i32| {
        if (0..n).contains(&i) {
            values[i as usize]
        } else {
            0.0
        }
    };
    let expected: Vec<f64> = (0..n)
        .map(|i| 0.5 * at(i) + 0.25 * (at(i - 1) + at(i + 1)))
        .collect();
    assert_eq!(memory.download::<f64>(out), expected);
}

#[test]
fn the_last_block_sees_what_all_wrote() {
    let values: Vec<i32> = (0..128 * 60).map(|i| i % 1009).collect();
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (device, partial) = (memory.upload(&values), memory.upload(&[0i32; 60]));
    for workers in [1, 4] {
        let out = memory.upload(&[0i32]);
        let mut call = Call::new(&instance, "last_block").of(60, 128);
        call.workers = workers;
        memory
            .run(&call.with(device).with(partial).with(out))
            .unwrap();
        assert_eq!(memory.download::<i32>(out), [values.iter().sum::<i32>()]);
    }
}

#[test]
fn functions_of_doubles() {
    let x: Vec<f64> = (0..24).map(|i| (f64::from(i) - 11.7) * 0.37).collect();
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let (dx, out) = (memory.upload(&x), memory.upload(&[0f64; 144]));
    memory
        .run(
            &Call::new(&instance, "sincos_and_more")
                .of(1, 24)
                .with(dx)
                .with(out),
        )
        .unwrap();
    for (x, found) in x.iter().zip(memory.download::<f64>(out).chunks(6)) {
        // `erf` by its series, which is exact enough for such arguments.
        let series = |x: f64| {
            let mut term = x;
            let mut sum = x;
            for n in 1..120 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        };
        let expected = [
            x.sin(),
            x.cos(),
            series(*x),
            x.atan2(2.0),
            x.cbrt(),
            x.abs().ln_1p(),
        ];
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            let tolerance = if index == 2 { 1e-9 } else { 4e-16 };
            assert!(
                (found - expected).abs() <= tolerance * expected.abs().max(1.0),
                "{index} of {x}: {found} for {expected}"
            );
        }
    }
}
