//! Sizes of blocks: few enough that blocks are reused, close enough that little is wasted.

/// The smallest block.
const SMALLEST: u64 = 512;
/// The most bytes between two classes.
const LARGEST_STEP: u64 = 2 << 20;

/// The size of the block that serves `bytes`: the next of four sizes between two powers of two, or
/// of the multiples of 2 MiB, so that at most a fifth of it is wasted, and little of a large one.
/// `None` for more than any device has.
pub(crate) fn class_of(bytes: u64) -> Option<u64> {
    if bytes <= SMALLEST {
        return Some(SMALLEST);
    }
    let step = (bytes.checked_next_power_of_two()? / 8).clamp(SMALLEST / 4, LARGEST_STEP);
    bytes.checked_next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::class_of;

    #[test]
    fn a_class_holds_what_it_serves_and_wastes_at_most_a_fifth() {
        for bytes in (0..20_000).chain([1 << 20, (1 << 20) + 1, 5_000_000_000]) {
            let class = class_of(bytes).unwrap();
            assert!(class >= bytes && class >= 512, "{bytes} in {class}");
            if bytes > 512 {
                assert!(class * 4 <= bytes * 5, "{bytes} in {class}");
            }
            assert_eq!(class_of(class), Some(class), "a class serves itself");
        }
        assert_eq!(class_of(u64::MAX), None);
        assert_eq!(class_of((1 << 30) + 1), Some((1 << 30) + (2 << 20)));
    }

    #[test]
    fn there_are_four_classes_to_a_doubling() {
        let classes: std::collections::BTreeSet<_> = (1025..=2048)
            .map(|bytes| class_of(bytes).unwrap())
            .collect();
        assert_eq!(
            classes.into_iter().collect::<Vec<_>>(),
            [1280, 1536, 1792, 2048]
        );
    }
}
