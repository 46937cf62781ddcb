//! Bit instructions against loops over bits.

use super::super::ScalarType::{self, B32, B64, S32, S64, U32, U64};
use super::integer::number;
use super::{evaluate, operands};

const WORDS: [(&str, ScalarType); 4] = [("u32", U32), ("s32", S32), ("u64", U64), ("s64", S64)];
const BITS: [(&str, ScalarType); 2] = [("b32", B32), ("b64", B64)];

fn bit(bits: u64, at: u64) -> u64 {
    bits >> at & 1
}

#[test]
fn counts_and_reversal() {
    for (suffix, scalar) in BITS {
        let width = 8 * scalar.size() as u64;
        for [a] in operands::sets([scalar]) {
            let of = |name: &str| evaluate(&format!("{name}.{suffix}"), &[a]);
            assert_eq!(of("popc"), (0..width).map(|at| bit(a, at)).sum(), "{a:x}");
            let zeros = (0..width)
                .take_while(|at| bit(a, width - 1 - at) == 0)
                .count();
            assert_eq!(of("clz"), zeros as u64, "{a:x}");
            let reversed = (0..width).map(|at| bit(a, at) << (width - 1 - at)).sum();
            assert_eq!(of("brev"), reversed, "{a:x}");
        }
    }
}

#[test]
fn bfind_finds_the_first_bit_that_is_not_the_sign() {
    for (suffix, scalar) in WORDS {
        let width = 8 * scalar.size() as u64;
        for [a] in operands::sets([scalar]) {
            let sign = if scalar.is_signed() {
                bit(a, width - 1)
            } else {
                0
            };
            let found = (0..width).rev().find(|at| bit(a, *at) != sign);
            let position = found.unwrap_or(0xffff_ffff);
            let shift = found.map_or(0xffff_ffff, |at| width - 1 - at);
            assert_eq!(
                evaluate(&format!("bfind.{suffix}"), &[a]),
                position,
                "{suffix} {a:x}"
            );
            assert_eq!(
                evaluate(&format!("bfind.shiftamt.{suffix}"), &[a]),
                shift,
                "{suffix} {a:x}"
            );
        }
    }
}

#[test]
fn fields_are_extracted_with_their_sign() {
    for (suffix, scalar) in WORDS {
        let width = 8 * scalar.size() as u64;
        for [a, start, length] in operands::sets([scalar, U32, U32]) {
            let opcode = format!("bfe.{suffix}");
            let (from, count) = (start & 0xff, length & 0xff);
            let sign = match scalar.is_signed() && count > 0 {
                true => bit(a, (from + count - 1).min(width - 1)),
                false => 0,
            };
            let source = |at: u64| match at < count && from + at < width {
                true => bit(a, from + at),
                false => sign,
            };
            let expected = (0..width).map(|at| source(at) << at).sum::<u64>();
            let result = evaluate(&opcode, &[a, start, length]);
            assert_eq!(result, expected, "{opcode} {a:x} {start} {length}");
        }
    }
}

#[test]
fn fields_are_inserted() {
    for (suffix, scalar) in BITS {
        let width = 8 * scalar.size() as u64;
        for [field, base, start, length] in operands::sets([scalar, scalar, U32, U32]) {
            let (from, count) = (start & 0xff, length & 0xff);
            let source = |at: u64| match (from..from + count).contains(&at) {
                true => bit(field, at - from),
                false => bit(base, at),
            };
            let expected = (0..width).map(|at| source(at) << at).sum::<u64>();
            let result = evaluate(&format!("bfi.{suffix}"), &[field, base, start, length]);
            assert_eq!(result, expected, "{field:x} {base:x} {start} {length}");
        }
    }
}

#[test]
fn masks_and_extensions() {
    for [a, b] in operands::sets([U32, U32]) {
        for mode in ["clamp", "wrap"] {
            let of = |amount: u64| {
                if mode == "clamp" {
                    amount.min(32)
                } else {
                    amount % 32
                }
            };
            let ones = |at: u64| u64::from((of(a)..of(a) + of(b)).contains(&at)) << at;
            let result = evaluate(&format!("bmsk.{mode}.b32"), &[a, b]);
            assert_eq!(result, (0..32).map(ones).sum(), "bmsk.{mode} {a} {b}");

            let width = of(b);
            let low = a & ((1 << width) - 1);
            let result = evaluate(&format!("szext.{mode}.u32"), &[a, b]);
            assert_eq!(result, low, "szext.{mode} {a:x} {b}");
            let is_negative = width > 0 && bit(a, width - 1) == 1;
            let extended = low.wrapping_sub(u64::from(is_negative) << width) & 0xffff_ffff;
            let result = evaluate(&format!("szext.{mode}.s32"), &[a, b]);
            assert_eq!(result, extended, "szext.{mode} {a:x} {b}");
        }
    }
}

#[test]
fn the_nth_set_bit() {
    for [mask, base, offset] in operands::sets([B32, U32, S32]) {
        // As the ISA tells it; of a base beyond the mask it tells nothing.
        let (base, offset) = (base % 32, number(S32, offset).clamp(-40, 40));
        let mut remaining = offset.abs();
        let mut at = i128::from(base);
        let expected = loop {
            if !(0..32).contains(&at) || offset == 0 && bit(mask, base) == 0 {
                break 0xffff_ffff;
            }
            remaining -= i128::from(bit(mask, at as u64));
            if remaining <= 0 {
                break at as u64;
            }
            at += offset.signum();
        };
        let result = evaluate("fns.b32", &[mask, base, offset as u64 & 0xffff_ffff]);
        assert_eq!(result, expected, "fns {mask:x} {base} {offset}");
    }
}

#[test]
fn bytes_are_permuted() {
    for [a, b, c] in operands::sets([B32; 3]) {
        let bytes = [a.to_le_bytes(), b.to_le_bytes()]
            .map(|bytes| [bytes[0], bytes[1], bytes[2], bytes[3]]);
        let bytes = bytes.concat();
        let word = |chosen: [u8; 4]| u64::from(u32::from_le_bytes(chosen));
        let chosen = std::array::from_fn(|lane| {
            let selector = c >> (4 * lane) & 15;
            let byte = bytes[selector as usize % 8];
            if selector < 8 {
                byte
            } else if byte >= 0x80 {
                0xff
            } else {
                0
            }
        });
        assert_eq!(
            evaluate("prmt.b32", &[a, b, c]),
            word(chosen),
            "{a:x} {b:x} {c:x}"
        );
        // The ISA's table: lanes from the highest for the low two bits of `c`.
        let tables = [
            (
                "f4e",
                [[3, 2, 1, 0], [4, 3, 2, 1], [5, 4, 3, 2], [6, 5, 4, 3]],
            ),
            (
                "b4e",
                [[5, 6, 7, 0], [6, 7, 0, 1], [7, 0, 1, 2], [0, 1, 2, 3]],
            ),
            (
                "rc8",
                [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]],
            ),
            (
                "ecl",
                [[3, 2, 1, 0], [3, 2, 1, 1], [3, 2, 2, 2], [3, 3, 3, 3]],
            ),
            (
                "ecr",
                [[0, 0, 0, 0], [1, 1, 1, 0], [2, 2, 1, 0], [3, 2, 1, 0]],
            ),
            (
                "rc16",
                [[1, 0, 1, 0], [3, 2, 3, 2], [1, 0, 1, 0], [3, 2, 3, 2]],
            ),
        ];
        for (mode, table) in tables {
            let row = table[c as usize % 4];
            let chosen = std::array::from_fn(|lane| bytes[row[3 - lane]]);
            let result = evaluate(&format!("prmt.b32.{mode}"), &[a, b, c]);
            assert_eq!(result, word(chosen), "{mode} {a:x} {b:x} {c:x}");
        }
    }
}
