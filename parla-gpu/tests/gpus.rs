//! Which GPUs a program finds, by what it asks for and what the environment says. Each case is a
//! process of its own: the driver is chosen once in a process.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

use parla_gpu::Gpus;
use parla_runtime::Bytes;

/// Set in the processes that the tests start: what to ask for.
const ROLE: &str = "PARLA_TEST_ROLE";

#[test]
fn the_program() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    let gpus = match role.as_str() {
        "all" => Gpus::all(),
        "simulate 2" => Gpus::all().simulated(2).memory_limit(Bytes::new(1 << 20)),
        "only simulated 3" => Gpus::only_simulated(3),
        "first of simulated" => Gpus::all().count(1).simulated(1),
        other => panic!("{other}"),
    };
    let found = gpus.find();
    for device in &found.devices {
        println!("{} {} {}", device.id(), device.name(), device.memory());
    }
    println!("note: {}", found.note.unwrap_or_default());
}

/// What the program prints, on a machine without a GPU.
fn run(role: &str, variables: &[(&str, impl AsRef<OsStr>)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_program", "--nocapture"])
        .env_remove("PARLA_GPUS")
        .env("PARLA_CUDA_DRIVER", "/nowhere/libcuda.so.1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env(ROLE, role)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines();
    let lines = lines.filter(|it| it.starts_with("gpu(") || it.starts_with("note: "));
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

const NO_VARIABLES: &[(&str, &str)] = &[];

const TWO: &str = "gpu(0) Simulated GPU 0 1 MiB\ngpu(1) Simulated GPU 1 1 MiB\nnote:";

#[test]
fn without_any_the_note_says_what_to_do() {
    let text = run("all", NO_VARIABLES);
    assert!(
        text.starts_with("note: there are no GPUs: no usable CUDA driver"),
        "{text}"
    );
    assert!(text.contains("`/nowhere/libcuda.so.1`"), "{text}");
    assert!(text.contains("`PARLA_GPUS=sim:1`"), "{text}");
}

#[test]
fn where_there_are_none_they_are_simulated_if_the_program_says_so() {
    assert_eq!(run("simulate 2", NO_VARIABLES), TWO);
    assert_eq!(run("only simulated 3", NO_VARIABLES).lines().count(), 4);
}

#[test]
fn the_environment_has_the_last_word() {
    assert_eq!(run("all", &[("PARLA_GPUS", "sim:2")]).lines().count(), 3);
    assert_eq!(run("all", &[("PARLA_GPUS", "sim")]).lines().count(), 2);
    assert_eq!(
        run("all", &[("PARLA_CUDA_DRIVER", "sim")]).lines().count(),
        2
    );
    let both = [("PARLA_CUDA_DRIVER", "sim"), ("PARLA_GPUS", "4")];
    assert_eq!(run("all", &both).lines().count(), 5);
    assert_eq!(run("simulate 2", &[("PARLA_GPUS", "sim")]), TWO);
    let one = "gpu(0) Simulated GPU 0 1 MiB\nnote:";
    assert_eq!(run("simulate 2", &[("PARLA_GPUS", "1")]), one);
    let none = "note: there are no GPUs because `PARLA_GPUS` says so";
    assert_eq!(run("only simulated 3", &[("PARLA_GPUS", "none")]), none);
    assert_eq!(run("simulate 2", &[("PARLA_GPUS", "0")]), none);
    // Real ones are asked for, and there are none.
    let text = run("simulate 2", &[("PARLA_GPUS", "0,1")]);
    assert!(
        text.starts_with("note: there are no GPUs: no usable CUDA driver"),
        "{text}"
    );
    let text = run("all", &[("PARLA_GPUS", "both")]);
    assert!(
        text.starts_with("note: there are no GPUs because `PARLA_GPUS` is `both`"),
        "{text}"
    );
}

#[test]
fn a_program_with_its_own_count_gets_as_many() {
    assert_eq!(run("first of simulated", NO_VARIABLES).lines().count(), 2);
    let variables = [("PARLA_GPUS", "sim")];
    assert_eq!(run("first of simulated", &variables).lines().count(), 2);
}

#[test]
fn more_than_can_be_simulated_is_said() {
    let most = "it can be 64 at most";
    for (count, text) in [("sim:65", "65"), ("sim:99999999999", "99999999999")] {
        let note = format!("note: there are no GPUs: {text} are to be simulated, {most}");
        assert_eq!(run("all", &[("PARLA_GPUS", count)]), note);
    }
    let note = format!("note: there are no GPUs: 4000000000 are to be simulated, {most}");
    assert_eq!(run("simulate 2", &[("PARLA_GPUS", "4000000000")]), note);
    let none = "note: there are no GPUs because `PARLA_GPUS` says so";
    assert_eq!(run("simulate 2", &[("PARLA_GPUS", "sim:0")]), none);
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_not_ignored() {
    use std::os::unix::ffi::OsStrExt as _;

    let text = run("simulate 2", &[("PARLA_GPUS", OsStr::from_bytes(b"\xff2"))]);
    assert!(
        text.starts_with("note: there are no GPUs because `PARLA_GPUS` is `\u{fffd}2`"),
        "{text}"
    );
}
