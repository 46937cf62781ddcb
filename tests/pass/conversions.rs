//! Narrow integers, floats, characters, booleans on the way to an index.

use parla::prelude::*;
use std::num::Wrapping;

#[task_graph]
fn build(flag: bool, n: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..4 {
        #[spawn(t[(i as f64 / 2 as f64 * 2 as f64) as usize])]
        fn float() {}
    }
    #[spawn(t[flag as usize + 4])]
    fn flagged() {}
    #[spawn(t[5 - flag as usize])]
    fn other() {}
    for i in 254..258 {
        #[spawn(t[6 + (i as u8).wrapping_add(2)])]
        fn wrapped() {}
    }
    let mut byte = Wrapping(255_u8);
    byte += 11;
    #[spawn(t[byte.0])]
    fn ten() {}
    let k: u8 = 250;
    for i in 0..2_u8 {
        #[spawn(t[k.wrapping_add(17 + i)])]
        fn far() {}
    }
    #[spawn(t[-3_i32.rem_euclid(16) + 16])]
    fn negative() {}
    let at = (i64::from(k) - 236, !0_u8 >> 4);
    #[spawn(t[at.0])]
    fn fourteen() {}
    #[spawn(t[at.1])]
    fn fifteen() {}
    let wide = 256 + n - n;
    let half = n as f32 / 2.0;
    #[spawn(t[16 + half.ceil() as usize])]
    fn rounded() {}
    let last = #[spawn(deps = [t[0..16], t[wide as u8], t[16 + n.div_ceil(2)]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    build(true, 5).await?;
    build(false, 8).await?;
    Ok(())
}
