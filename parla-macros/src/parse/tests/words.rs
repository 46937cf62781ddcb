//! Where chunks are cut, and which word is the nearest.

use super::tokens;
use crate::parse::keywords::{self, CLAUSES};
use crate::parse::split::chunks;

#[test]
fn commas_in_a_turbofish_do_not_cut() {
    let cut = |source: &str| chunks(tokens(source)).len();
    assert_eq!(cut("f::<A, B>(x), y"), 2);
    assert_eq!(cut("f::<A, fn(B) -> C>(x), y"), 2);
    assert_eq!(cut("a < b, c > d"), 2);
    assert_eq!(cut("f::<Vec<A>, B>(x), y,"), 2);
    assert_eq!(cut(""), 0);
}

#[test]
fn the_nearest_word_is_offered() {
    let nearest = |word| keywords::nearest(word, CLAUSES);
    assert_eq!(nearest("placment"), Some("placement"));
    assert_eq!(nearest("dpes"), Some("deps"));
    assert_eq!(nearest("Memory"), Some("memory"));
    assert_eq!(nearest("vcu"), Some("vcus"));
    assert_eq!(
        nearest("depends_on"),
        Some("deps"),
        "a word of other systems"
    );
    assert_eq!(nearest("threads"), None, "an option of another attribute");
    assert_eq!(nearest("x"), None);
    assert_eq!(nearest("frobnicate"), None);
}

#[test]
fn a_swap_of_neighbours_is_one_step() {
    assert_eq!(keywords::distance("deps", "deps"), 0);
    assert_eq!(keywords::distance("dpes", "deps"), 1);
    assert_eq!(keywords::distance("", "deps"), 4);
    assert_eq!(keywords::distance("deps", "input"), 4);
}
