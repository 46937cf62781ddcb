//! Stages of a fast Fourier transform, indices by shifts and masks.

use parla::prelude::*;

#[task_graph]
fn transform(bits: u32) -> Task<usize> {
    let n = 1_usize << bits;
    let t = TaskSpace::new("stage");
    for i in 0..n {
        #[spawn(t[0, i])]
        fn load() {}
    }
    for stage in 1..=bits {
        let half = 1 << (stage - 1);
        for block in (0..n).step_by(2 * half) {
            for i in block..block + half {
                #[spawn(t[stage, i], deps = [t[stage - 1, i], t[stage - 1, i + half]])]
                fn low() {}
                #[spawn(t[stage, i + half], deps = [t[stage - 1, i], t[stage - 1, i | half]])]
                fn high() {}
            }
        }
    }
    let reversed = TaskSpace::new("reversed");
    for i in 0..n {
        let at = i.reverse_bits() >> (usize::BITS - bits);
        #[spawn(reversed[at], deps = [t[bits, i]])]
        fn store() {}
    }
    let last = #[spawn(deps = [reversed[0..n], t[bits, n - 1]])]
    move || n;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(transform(4).await?, 16);
    Ok(())
}
