//! What the compiler makes of CUDA C: functions, variables, shuffles, atomics, mathematics.

use super::{Call, Memory, Ran, find, kernel};
use crate::ptx::{Fault, FaultKind};

const TEXT: &str = include_str!("kernels/features.ptx");

#[test]
fn recursive_functions() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let n: Vec<i32> = (0..16).collect();
    let (n, out) = (memory.upload(&n), memory.upload(&[0i32; 16]));
    memory
        .run(
            &Call::new(&instance, "recursion")
                .of(1, 16)
                .with(n)
                .with(out),
        )
        .unwrap();
    let expected = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610];
    assert_eq!(memory.download::<i32>(out), expected);
}

#[test]
fn structures_by_value() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let pair =
        |a: f64, b: i32| [a.to_le_bytes(), u64::from(b.cast_unsigned()).to_le_bytes()].concat();
    let y: Vec<u8> = (0..8).flat_map(|i| pair(f64::from(i) + 0.5, -i)).collect();
    let (y, out) = (memory.upload(&y), memory.upload(&[0u8; 128]));
    let mut call = Call::new(&instance, "by_value").of(1, 8);
    call.arguments.push(pair(3.0, 40));
    memory.run(&call.with(y).with(out)).unwrap();
    let found = memory.download::<u8>(out);
    for (i, found) in found.chunks(16).enumerate() {
        let i = i as i32;
        assert_eq!(found[..12], pair(3.0 * (f64::from(i) + 0.5), 40 - i)[..12]);
    }
}

#[test]
fn variables_with_values_and_addresses() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let out = memory.upload(&[0i32; 16]);
    memory
        .run(&Call::new(&instance, "variables").of(1, 16).with(out))
        .unwrap();
    let table = [3, 1, 4, 1, 5, 9, 2, 6];
    let expected: Vec<i32> = (0..16)
        .map(|i| table[i & 7] + 7 + i32::from(b"pointed to"[3 + i % 5]))
        .collect();
    assert_eq!(memory.download::<i32>(out), expected);
    let (counter, bytes) = instance.variable("counter").unwrap();
    assert_eq!((memory.download::<i32>(counter), bytes), (vec![100], 4));
    assert!(
        instance
            .module()
            .variables()
            .iter()
            .any(|v| v.name == "table" && v.constant)
    );
    assert_eq!(instance.variable("nothing"), None);
}

#[test]
fn sums_of_warps() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let values: Vec<i32> = (0..256).map(|i| i * i - 77).collect();
    let (device, out) = (memory.upload(&values), memory.upload(&[0i32; 8]));
    memory
        .run(
            &Call::new(&instance, "warp_reduce")
                .of(2, 128)
                .with(device)
                .with(out),
        )
        .unwrap();
    let expected: Vec<i32> = values.chunks(32).map(|warp| warp.iter().sum()).collect();
    assert_eq!(memory.download::<i32>(out), expected);
}

#[test]
fn shuffles_votes_and_matches() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let v: Vec<i32> = (0..32).map(|i| (i * 7 + 3) % 41).collect();
    let (device, out) = (memory.upload(&v), memory.upload(&[0i32; 256]));
    memory
        .run(
            &Call::new(&instance, "shuffles")
                .of(1, 32)
                .with(device)
                .with(out),
        )
        .unwrap();
    let mask = |holds: &dyn Fn(i32) -> bool| {
        (0..32)
            .filter(|lane| holds(v[*lane]))
            .fold(0, |mask, lane| mask | 1 << lane)
    };
    for (i, found) in memory.download::<i32>(out).chunks(8).enumerate() {
        let expected = [
            v[5],
            if i < 3 { v[i] } else { v[i - 3] },
            if i % 8 < 6 { v[i + 2] } else { v[i] },
            v[i ^ 9],
            mask(&|v| v > 20),
            1 + 2 * i32::from(v.contains(&3)),
            mask(&|other| other & 3 == v[i] & 3),
            if i % 2 == 1 { v[3] } else { -v[i] },
        ];
        assert_eq!(found, expected, "lane {i}");
    }
}

#[test]
fn barriers_in_a_loop_and_the_memory_of_the_launch() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let values: Vec<i32> = (0..100).map(|i| i * 3 - 50).collect();
    let (device, out) = (memory.upload(&values), memory.upload(&[0i32; 100]));
    let mut call = Call::new(&instance, "scan")
        .of(1, 128)
        .with(device)
        .with(out)
        .with(100i32);
    call.dynamic_shared_bytes = 512;
    memory.run(&call).unwrap();
    let mut sum = 0;
    let expected: Vec<i32> = values
        .iter()
        .map(|value| {
            sum += value;
            sum
        })
        .collect();
    assert_eq!(memory.download::<i32>(out), expected);
    // One value too few.
    call.dynamic_shared_bytes = 508;
    let fault = memory.run(&call).unwrap_err();
    assert_eq!(fault.thread, [127, 0, 0]);
    assert!(fault.to_string().contains("shared store of 4 bytes at 0x1fc is 0 bytes past the end of the 508 bytes of shared memory"), "{fault}");
}

#[test]
fn atomics_of_every_kind_and_a_lock() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let i = memory.upload(&[5i32, 5, 5, 5, 5, 0]);
    let u = memory.upload(&[u32::MAX, 0, 0, 0, 3]);
    let l = memory.upload(&[1u64, 1]);
    let (f, d, lock) = (
        memory.upload(&[1f32]),
        memory.upload(&[1f64]),
        memory.upload(&[0i32]),
    );
    let call = Call::new(&instance, "atomics").of(50, 64);
    memory
        .run(&call.with(i).with(u).with(l).with(f).with(d).with(lock))
        .unwrap();
    let n = 50 * 64;
    let sum: i32 = (0..n).sum();
    assert_eq!(
        memory.download::<i32>(i),
        [5 + sum, 5 - sum, 1 - n, n - 1, 64, n]
    );
    let xor = (0..n).fold(0, |xor, t| xor ^ t) as u32;
    // From 3 down to 0, then from 9 again.
    assert_eq!(
        memory.download::<u32>(u),
        [
            0,
            u32::MAX,
            xor,
            (n as u32) % 10,
            (10 + 3 - n as u32 % 10) % 10
        ]
    );
    assert_eq!(
        memory.download::<u64>(l),
        [1 + ((sum as u64) << 32), (n as u64 - 1) << 33]
    );
    assert_eq!(memory.download::<f32>(f), [1.0 + 0.5 * n as f32]);
    assert_eq!(memory.download::<f64>(d), [1.0 + 0.25 * f64::from(n)]);
    assert_eq!(memory.download::<i32>(lock), [0]);
}

#[test]
fn division_of_64_bits() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let a: [i64; 6] = [
        i64::MAX,
        -1,
        i64::MIN,
        123_456_789_012,
        -987_654_321_098_765,
        7,
    ];
    let b: [i64; 6] = [3, 2, 10, -1_000_003, 1 << 40, -7];
    let device = [
        memory.upload(&a),
        memory.upload(&b),
        memory.upload(&[0i64; 24]),
    ];
    let call = Call::new(&instance, "integers").of(1, 6);
    memory
        .run(&call.with(device[0]).with(device[1]).with(device[2]))
        .unwrap();
    for (i, found) in memory.download::<i64>(device[2]).chunks(4).enumerate() {
        let (x, y) = (a[i], b[i]);
        let high = (i128::from(x) * i128::from(y)) >> 64;
        let unsigned = x.cast_unsigned() / y.cast_unsigned();
        assert_eq!(
            found,
            [x / y, x % y, unsigned.cast_signed(), high as i64],
            "{x} and {y}"
        );
    }
}

#[test]
fn bytes_and_halves() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let a: [i8; 5] = [-128, 127, -1, 5, 0];
    let b: [u8; 5] = [255, 255, 1, 200, 9];
    let c: [i16; 5] = [-32768, 32767, 0, -7, 1];
    let (da, db, dc) = (memory.upload(&a), memory.upload(&b), memory.upload(&c));
    let (d, e) = (memory.upload(&[0u16; 5]), memory.upload(&[0i8; 5]));
    memory
        .run(
            &Call::new(&instance, "narrow")
                .of(1, 5)
                .with(da)
                .with(db)
                .with(dc)
                .with(d)
                .with(e),
        )
        .unwrap();
    let at = |i: usize| (i32::from(a[i]), i32::from(b[i]), i32::from(c[i]));
    let expected: Vec<u16> = (0..5).map(at).map(|(a, b, c)| (a * b + c) as u16).collect();
    assert_eq!(memory.download::<u16>(d), expected);
    let expected: Vec<i8> = (0..5).map(at).map(|(a, b, _)| (a - b) as i8).collect();
    assert_eq!(memory.download::<i8>(e), expected);
}

#[test]
fn vectors_of_two_and_four() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let a: Vec<f32> = (0..32).map(|i| i as f32 * 0.5).collect();
    let b: Vec<i32> = (0..16).map(|i| i - 8).collect();
    let (da, db, out) = (
        memory.upload(&a),
        memory.upload(&b),
        memory.upload(&[0f32; 32]),
    );
    memory
        .run(
            &Call::new(&instance, "vectors")
                .of(1, 8)
                .with(da)
                .with(db)
                .with(out),
        )
        .unwrap();
    for (i, found) in memory.download::<f32>(out).chunks(4).enumerate() {
        let (v, w) = (&a[4 * i..], &b[2 * i..]);
        assert_eq!(found, [v[3] * w[0] as f32, v[2] + w[1] as f32, v[1], v[0]]);
    }
}

#[test]
fn arrays_in_local_memory() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let index = [3, 9, 9, 0, 15, 30, 2];
    let (device, out) = (memory.upload(&index), memory.upload(&[0i32; 40]));
    memory
        .run(
            &Call::new(&instance, "locals")
                .of(1, 40)
                .with(device)
                .with(out)
                .with(7i32),
        )
        .unwrap();
    let expected: Vec<i32> = (0..40)
        .map(|i| {
            let mut a: Vec<i32> = (0..16).map(|k| k * k + i).collect();
            for (k, index) in index.iter().enumerate() {
                let j = *index as usize & 15;
                a[j] += a[(j + k) & 15];
            }
            a.iter()
                .fold(0i32, |s, a| s.wrapping_mul(3).wrapping_add(*a))
        })
        .collect();
    assert_eq!(memory.download::<i32>(out), expected);
}

#[test]
fn a_switch() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let select = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1];
    let (device, out) = (memory.upload(&select), memory.upload(&[1003i32; 10]));
    memory
        .run(
            &Call::new(&instance, "cases")
                .of(1, 10)
                .with(device)
                .with(out),
        )
        .unwrap();
    let v = 1003;
    let expected = [
        v * 3,
        v - 7,
        v / 5,
        v ^ 99,
        v << 3,
        -v,
        v * v,
        v % 11,
        12345,
        12345,
    ];
    assert_eq!(memory.download::<i32>(out), expected);
}

#[test]
fn functions_of_the_mathematics_library() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let x: Vec<f32> = (0..32).map(|i| (i as f32 - 15.3) * 0.9).collect();
    let y: Vec<f64> = (0..32)
        .map(|i| (f64::from(i) - 15.3) * 1e5_f64.powf(f64::from(i) / 31.0) / 1e3)
        .collect();
    let (dx, dy) = (memory.upload(&x), memory.upload(&y));
    let (out, out64) = (memory.upload(&[0f32; 256]), memory.upload(&[0f64; 128]));
    memory
        .run(
            &Call::new(&instance, "mathematics")
                .with(dx)
                .with(out)
                .with(dy)
                .with(out64),
        )
        .unwrap();
    let close = |found: f64, expected: f64, relative: f64, what: &str| {
        let good =
            (found - expected).abs() <= relative * expected.abs().max(1e-6) || found == expected;
        assert!(good, "{what}: {found} for {expected}");
    };
    for (found, x) in memory.download::<f32>(out).chunks(8).zip(x) {
        let v = f64::from(x);
        let a = v.abs();
        let expected = [
            v.sin(),
            v.exp(),
            a.powf(1.7),
            (a + 1.0).ln(),
            a.sqrt(),
            v.tanh(),
            v / 3.1,
            f64::from(x % 0.7),
        ];
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            close(
                f64::from(*found),
                expected,
                2e-6,
                &format!("function {index} of {v}"),
            );
        }
    }
    for (found, w) in memory.download::<f64>(out64).chunks(4).zip(y) {
        let expected = [w.exp(), w.sin() / w, w.abs().sqrt(), w.abs().powf(0.3)];
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            close(*found, expected, 1e-14, &format!("function {index} of {w}"));
        }
    }
}

#[test]
fn printf() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let Ran { printed, .. } = memory
        .run(&Call::new(&instance, "print").of(1, 2).with(5i32))
        .unwrap();
    assert_eq!(
        printed,
        "thread 0 of 2:  2.50 text x abcdef00%\nthread 1 of 2:  2.50 text x abcdef00%\n"
    );
}

#[test]
fn barriers_that_count() {
    let mut memory = Memory::default();
    let instance = memory.load(TEXT);
    let values: Vec<i32> = (0..48).map(|i| i % 6).collect();
    let (device, out) = (memory.upload(&values), memory.upload(&[0i32; 48]));
    memory
        .run(
            &Call::new(&instance, "block_votes")
                .of(1, 48)
                .with(device)
                .with(out),
        )
        .unwrap();
    assert_eq!(memory.download::<i32>(out), [40 * 4; 48]);
}

#[test]
fn a_failed_assertion() {
    let memory = &mut Memory::default();
    let instance = memory.load(TEXT);
    let call = Call::new(&instance, "asserted");
    memory.run(&call.clone().with(32i32)).unwrap();
    let Fault {
        kind,
        thread,
        block,
        ..
    } = memory.run(&call.with(20i32)).unwrap_err();
    let expected = "features.cu:77: asserted: `threadIdx.x < n`".to_owned();
    assert_eq!(
        (kind, thread, block),
        (FaultKind::Assertion(expected), [20, 0, 0], [0, 0, 0])
    );
}

#[test]
fn generic_addresses() {
    for select in 0..3 {
        let mut memory = Memory::default();
        let instance = memory.load(TEXT);
        let out = memory.upload(&[5i32; 32]);
        memory
            .run(&Call::new(&instance, "generic").with(out).with(select))
            .unwrap();
        let expected: Vec<i32> = (0..32)
            .map(|i| match select {
                0 => 1000 + 31 - i + 1,
                1 => ((i + 3) & 3) * 50 + 1,
                _ => 6,
            })
            .collect();
        assert_eq!(memory.download::<i32>(out), expected, "memory {select}");
    }
}

#[test]
fn launch_bounds() {
    let instance = Memory::default().load(TEXT);
    assert_eq!(find(&instance, "bounded").max_threads, Some([64, 1, 1]));
    let text = kernel("", "").replace("k()", "k() .reqntid 8, 4");
    let instance = Memory::default().load(&text);
    assert_eq!(find(&instance, "k").required_threads, Some([8, 4, 1]));
}
