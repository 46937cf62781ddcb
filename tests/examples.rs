//! The smallest examples do what the README says.

use std::process::{Command, Output};

fn run(example: &str, gpus: &str) -> Output {
    run_with(example, &[], gpus)
}

fn run_with(example: &str, arguments: &[&str], gpus: &str) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example, "--"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PARLA_GPUS", gpus)
        .output()
        .expect("cargo runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn hello_ends_on_a_gpu() {
    let output = run("hello", "sim:1");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let mut lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.pop(), Some("I run second on any GPU"));
    lines.sort_unstable();
    let first = (0..4).map(|i| format!("We run first on the CPU. I am task {i}"));
    assert_eq!(lines, first.collect::<Vec<_>>());
}

#[test]
fn without_a_gpu_hello_says_why() {
    let output = run("hello", "none");
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("task `T[4]` asks for gpu"), "{said}");
    assert!(said.contains("`PARLA_GPUS` says so"), "{said}");
}

#[test]
fn devices_lists_what_is_there() {
    let output = run("devices", "sim:2");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("Simulated GPU 1"), "{said}");
    assert!(said.contains("[cpu(0), gpu(0), gpu(1)]"), "{said}");
}

#[test]
fn heat_is_the_same_wherever_its_tasks_run() {
    for place in ["cpu", "gpu", "any"] {
        let size = ["--n", "30", "--blocks", "4", "--steps", "5", "--on", place];
        let output = run_with("heat", &size, "sim:2");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(said.ends_with("the same as one by one\n"), "{said}");
    }
}
