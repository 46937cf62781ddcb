//! Scopes with symbolic bounds over slices that are borrowed.

use parla::prelude::*;

#[task_graph]
fn prefix_sums(values: &mut [u64], parts: usize) -> parla::Result<u64> {
    let length = values.len().div_ceil(parts);
    let mut sums = vec![0; parts];
    parla::scope(|s| {
        let t = s.task_space("sum");
        for (i, (part, sum)) in values.chunks(length).zip(&mut sums).enumerate() {
            #[spawn(t[i])]
            fn add() {
                *sum = part.iter().sum();
            }
        }
        #[spawn(t[parts], deps = [t[..]])]
        fn done() {}
    })?;
    let total = sums.iter().sum();
    parla::scope(|s| {
        let t = s.task_space_with_shape("fill", [parts]);
        let mut rest = values;
        for i in 0..parts {
            let (part, others) = rest.split_at_mut(length.min(rest.len()));
            rest = others;
            let before: u64 = sums[..i].iter().sum();
            #[spawn(t[i], deps = [t[i - 1]])]
            fn fill() {
                let mut sum = before;
                for value in part {
                    sum += *value;
                    *value = sum;
                }
            }
        }
    })?;
    Ok(total)
}

#[parla::main]
fn main() -> parla::Result<()> {
    let mut values: Vec<u64> = (1..=10).collect();
    assert_eq!(prefix_sums(&mut values, 3)?, 55);
    assert_eq!(values[9], 55);
    Ok(())
}
