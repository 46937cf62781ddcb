//! What the check of large graphs costs. Prints and asserts nothing:
//! `cargo test -p parla-macros times -- --ignored --nocapture`.

use std::time::Instant;

use super::{messages, tokens};
use crate::pipeline;

const CHAIN: &str = "for i in 0..100_000 { #[spawn(t[i], deps = [t[i - 1]])] fn a() {} }";
const BRANCHES: &str =
    "for i in 0..100_000 { if i % 2 == 0 { #[spawn(t[i], deps = [t[i - 2]])] fn a() {} }
    else if i > 0 { #[spawn(t[i], deps = [t[i - 1]])] fn a() {} } }";
const WAVEFRONT: &str = "for i in 0..316 { for j in 0..316 {
    #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1], t[i - 1, j - 1]])] fn a() {} } }";
const BACKWARDS: &str = "for i in (0..316).rev() { for j in (0..316).rev() {
    #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1], t[i - 1, j - 1]])] fn a() {} } }";
const UNKNOWN: &str = "for i in 0..n { for j in 0..m {
    #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1], t[i - 1, j - 1]])] fn a() {} } }";
const ENDLESS: &str = "for i in 0..1_000_000_000 { #[spawn(t[i], deps = [t])] fn a() {} }";

#[test]
#[ignore = "it only measures"]
fn times_of_large_graphs() {
    for (name, body) in [
        ("chain of 100,000", CHAIN),
        ("chain of 100,000 with branches", BRANCHES),
        ("wavefront of 316 x 316", WAVEFRONT),
        ("the same, spawned backwards", BACKWARDS),
        ("wavefront of n x m", UNKNOWN),
        ("more than the budget allows", ENDLESS),
    ] {
        let item = format!("fn f(n: usize, m: usize) {{ let t = TaskSpace::new(\"T\"); {body} }}");
        let item = tokens(&item);
        let begin = Instant::now();
        let expansion = pipeline::task_graph(tokens(""), item);
        let time = begin.elapsed();
        eprintln!("{name}: {} ms", time.as_millis());
        assert_eq!(messages(expansion), "");
    }
}
