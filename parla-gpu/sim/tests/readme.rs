//! What the page on the driver says it has is what it has.

use std::collections::BTreeSet;

#[test]
fn all_entry_points_are_listed_and_no_others() {
    let page = include_str!("../README.md");
    let (_, section) = page.split_once("## Entry points").unwrap();
    let (_, table) = section.split_once("|---|---|").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let words = table.split('`').filter(|word| word.starts_with("cu"));
    let listed: BTreeSet<&str> = words.collect();
    let there: BTreeSet<&str> = parla_cuda_sim::entry_points().collect();
    assert_eq!(listed, there);
}
