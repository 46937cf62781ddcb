//! Files in both formats, generated ones, the real ones of Parla, and broken ones.

use std::fs;
use std::path::Path;

use super::*;
use crate::generate::{Kind, Shape, generate};

#[test]
fn generated_graphs_are_read_back() {
    for (name, kind) in Kind::ALL {
        let shape = Shape {
            micros: 12.5,
            vcus: 0.25,
            depth: 4,
            ..Shape::default()
        };
        let graph = generate(kind, &shape).unwrap();
        assert!(parse(&write(&graph)).unwrap() == graph, "{name}");
    }
}

#[test]
fn the_new_format_is_read() {
    let text = "{1024 : -1}, {64 : 2}\n\
                ('D', (1,2)) | {(1, 2) : 7, 0.5, 3, 0.25, 10}, {-1 : 1.5, 1, 0, 0, 0} | 1 : ('T',0) | 0,1 : : 1\n\
                (0,) | {-2 : 1, 1, 0, 0, 0}\n\
                \n\
                (\"D\", 1) | {0 : 1, 0, 0, 200, 10} | | : 1 : \n";
    let graph = parse(text).unwrap();
    let [first, second, third] = &graph.tasks[..] else {
        panic!("{graph:?}")
    };
    assert_eq!(
        (graph.blocks[1].bytes, graph.blocks[1].location),
        (64, Target(2))
    );
    assert_eq!(
        first.id,
        Id {
            space: "D".to_owned(),
            index: vec![1, 2]
        }
    );
    assert_eq!(
        first.deps,
        [1, 2],
        "the dependency `1` is in the space of its task"
    );
    assert_eq!(first.data, [vec![0, 1], vec![], vec![1]]);
    assert_eq!(first.variants[0].targets, [Target(1), Target(2)]);
    assert_eq!(first.variants[0].gil, (3, 0.25));
    assert_eq!((first.on_cpu().micros, first.on_cpu().vcus), (1.5, 1.0));
    assert_eq!(
        (second.id.to_string(), &second.deps[..]),
        ("T[0]".to_owned(), &[][..])
    );
    assert!(second.on_cpu().is_for_cpu() && !third.on_cpu().is_for_cpu());
    assert_eq!(third.data, [vec![], vec![1], vec![]]);
    assert_eq!(parse(&write(&graph)).unwrap(), graph);
}

#[test]
fn the_old_format_is_read_and_becomes_the_new() {
    let text =
        "100, 200\n0, 0 | 500, 4, 0, 2, 50 | | 0 : : 1\n0, 1 | 9, 1, 3, 1, 0 | 0, 0 : 0, 0 | 1\n";
    let graph = parse(text).unwrap();
    let [first, second] = &graph.tasks[..] else {
        panic!("{graph:?}")
    };
    assert_eq!((first.on_cpu().micros, first.on_cpu().vcus), (600.0, 0.25));
    assert_eq!(first.on_cpu().targets, [Target::CPU]);
    assert_eq!(second.on_cpu().targets, [Target(1)]);
    assert_eq!(
        (&second.deps[..], &second.id.index[..]),
        (&[0][..], &[0, 1][..])
    );
    assert_eq!(parse(&write(&graph)).unwrap(), graph);
}

#[test]
fn errors_name_the_line() {
    let old = "| 5, 1, 0, 1, 0";
    let cases = [
        ("".to_owned(), "the file has no tasks"),
        ("8\n".to_owned(), "the file has no tasks"),
        (
            format!("0 {old}\n"),
            "line 1: expected a size or `{size : location}`",
        ),
        ("{8}\n".to_owned(), "line 1: expected a size"),
        ("8\nzero\n".to_owned(), "line 2: expected `id | what"),
        (format!("8\nx {old}\n"), "line 2: `x` is not a number"),
        (format!("8\n(1 {old}\n"), "line 2: expected an id"),
        (format!("8\n('D 1) {old}\n"), "line 2: expected an id"),
        (
            format!("8\n-1 {old}\n"),
            "line 2: the id `-1` has a negative index",
        ),
        (
            format!("8\n0 {old} | | | \n"),
            "line 2: expected four fields with `|` between them",
        ),
        (
            "8\n0 | 5, 1, 0\n".to_owned(),
            "line 2: expected `time, 1/vcus, device, n, t`",
        ),
        (
            "8\n0 | 5, 0, 0, 1, 0\n".to_owned(),
            "line 2: the share of the device must be",
        ),
        (
            "8\n0 | 5, 0.5, 0, 1, 0\n".to_owned(),
            "must be from 0 to 1, but is 2",
        ),
        (
            "8\n0 | -5, 1, 0, 1, 0\n".to_owned(),
            "line 2: -5 is no time",
        ),
        (
            "8\n0 | NaN, 1, 0, 1, 0\n".to_owned(),
            "line 2: NaN is no time",
        ),
        (
            "8\n0 | 5, 1, -1, 1, 0\n".to_owned(),
            "line 2: -1 is no device",
        ),
        (
            "\n0 | {-1 : 5, 1, 0, 0, 0\n".to_owned(),
            "line 2: expected a `}`",
        ),
        (
            "\n0 | {-1 : 5, 1}\n".to_owned(),
            "line 2: expected `{device : time, vcus",
        ),
        (
            "\n0 | {-3 : 5, 1, 0, 0, 0}\n".to_owned(),
            "line 2: -3 is no device",
        ),
        (
            "\n0 | {-1 : 5, 1.5, 0, 0, 0}\n".to_owned(),
            "line 2: the share of the device",
        ),
        (
            format!("8\n0 {old} | 1 | 0 : : : 0\n"),
            "line 2: expected `reads : writes : both`",
        ),
        (
            format!("8\n0 {old} | | 1\n"),
            "line 2: block 1 does not exist, line 1 has 1",
        ),
        (
            format!("8\n0 {old}\n\n1 {old} | 0 : 2\n"),
            "line 4: T[1] depends on T[2], but there",
        ),
        (
            format!("8\n0 {old}\n('T', 0) {old}\n"),
            "line 3: task T[0] was in line 2 before",
        ),
        (
            format!("8\n0 {old} | 0\n"),
            "line 2: the task is in a cycle: T[0] waits for T[0]",
        ),
    ];
    for (text, expected) in cases {
        let message = parse(&text).unwrap_err();
        assert!(message.contains(expected), "{text:?} gave: {message}");
    }
}

#[test]
fn a_cycle_is_shown_from_end_to_end() {
    let needs = "{-1 : 5, 1, 0, 0, 0}";
    let text = format!("\n0 | {needs} | 2\n1 | {needs} | 0\n2 | {needs} | 1\n3 | {needs} | 2\n");
    let message = parse(&text).unwrap_err();
    let expected =
        "line 2: the task is in a cycle: T[0] waits for T[2] waits for T[1] waits for T[0]";
    assert_eq!(message, expected);
}

#[test]
fn real_files_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/graphs");
    let files = [
        ("independent_1000.gph", 1000, 0),
        ("independent_5000.gph", 5000, 0),
        ("prefetch.gph", 10, 13),
        ("sample.gph", 20, 16),
        ("simple_test.gph", 10, 0),
    ];
    for (name, tasks, edges) in files {
        let Ok(text) = fs::read_to_string(folder.join(name)) else {
            println!("skipped {name}: it is not in {}", folder.display());
            continue;
        };
        let graph = parse(&text).unwrap();
        assert_eq!((graph.tasks.len(), graph.edges()), (tasks, edges), "{name}");
        assert!(parse(&write(&graph)).unwrap() == graph, "{name}");
    }
}
