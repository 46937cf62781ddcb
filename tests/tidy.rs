//! The rules of `docs/style.md` and `docs/architecture.md` that a program can check.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the repository with that extension, build output left out.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == extension) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} files in {folder}");
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The code of a file without its comments.
fn code(path: &Path) -> String {
    let without = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    read(path)
        .lines()
        .map(without)
        .collect::<Vec<_>>()
        .join("\n")
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn sources() -> Vec<PathBuf> {
    let folders = [
        "src",
        "parla-gpu/find_cuda_helper/src",
        "parla-gpu/shim/src",
        "parla-gpu/sim/src",
        "parla-gpu/sim/stand-in/src",
        "parla-gpu/src",
        "parla-macros/src",
        "parla-runtime/src",
    ];
    folders
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .collect()
}

/// Fails with all offences at once.
fn report(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

#[test]
fn every_file_says_its_job_and_is_not_too_long() {
    let mut offences = Vec::new();
    for path in sources() {
        let text = read(&path);
        if !text.starts_with("//!") {
            offences.push(format!("{} does not begin with `//!`", relative(&path)));
        }
        let lines = text.lines().count();
        if lines > 600 && !relative(&path).contains("tests") {
            offences.push(format!("{} has {lines} lines", relative(&path)));
        }
    }
    report("a file has one job and at most 600 lines", offences);
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let empty = ["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
    let offences = sources()
        .iter()
        .map(|path| relative(path))
        .filter(|name| empty.iter().any(|bad| name.ends_with(&format!("/{bad}"))))
        .collect();
    report("names of files say what is in them", offences);
}

#[test]
fn unsafe_stands_only_where_the_architecture_says() {
    const MARKED: &[&str] = &[
        "parla-gpu/shim/src/driver.rs",
        "parla-gpu/shim/src/forward/mod.rs",
        "parla-gpu/shim/src/library.rs",
        "parla-gpu/shim/src/text.rs",
        "parla-gpu/sim/src/abi/mod.rs",
        "parla-gpu/sim/src/memory/block.rs",
        "parla-gpu/sim/stand-in/src/lib.rs",
        "parla-gpu/src/cuda/allocation.rs",
        "parla-gpu/src/cuda/context.rs",
        "parla-gpu/src/cuda/event.rs",
        "parla-gpu/src/cuda/failure.rs",
        "parla-gpu/src/cuda/kernel.rs",
        "parla-gpu/src/cuda/module.rs",
        "parla-gpu/src/cuda/pinned.rs",
        "parla-gpu/src/cuda/rows.rs",
        "parla-gpu/src/cuda/simulator.rs",
        "parla-gpu/src/cuda/stream.rs",
        "parla-gpu/src/cuda/system.rs",
        "parla-gpu/src/gpu/launch.rs",
        "parla-runtime/src/data/access.rs",
        "parla-runtime/src/data/element.rs",
        "parla-runtime/src/data/home.rs",
        "parla-runtime/src/data/mapped.rs",
        "parla-runtime/src/data/matrices.rs",
        "parla-runtime/src/data/reading.rs",
        "parla-runtime/src/data/reduction/mod.rs",
        "parla-runtime/src/data/transfer.rs",
        "parla-runtime/src/fork_join/join.rs",
        "parla-runtime/src/fork_join/latch.rs",
        "parla-runtime/src/fork_join/stack_job.rs",
        "parla-runtime/src/prebuilt/nodes.rs",
        "parla-runtime/src/prebuilt/run.rs",
        "parla-runtime/src/scheduler/work.rs",
        "parla-runtime/src/task/block.rs",
        "parla-runtime/src/task/body.rs",
        "parla-runtime/src/task/family.rs",
        "parla-runtime/src/task/links.rs",
        "parla-runtime/src/task/node.rs",
        "parla-runtime/src/task/pool.rs",
        "parla-runtime/src/task/racks.rs",
        "parla-runtime/src/task/rights.rs",
        "parla-runtime/src/worker/context.rs",
        "parla-runtime/src/worker/strand.rs",
    ];
    // The macros forbid it, and their tests quote it.
    let offences = sources()
        .iter()
        .filter(|path| !relative(path).starts_with("parla-macros/"))
        .filter(|path| !MARKED.contains(&relative(path).as_str()))
        .filter(|path| {
            let code = code(path);
            code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl")
        })
        .map(|path| relative(path))
        .collect();
    report("unsafe only in marked files", offences);
}

#[test]
fn only_the_shim_names_the_primitives() {
    let offences = files("parla-runtime/src", "rs")
        .iter()
        .filter(|path| !relative(path).starts_with("parla-runtime/src/sync/"))
        .filter(|path| {
            let code = code(path);
            code.contains("std::sync") || code.contains("std::thread")
        })
        .map(|path| relative(path))
        .collect();
    report("only sync/ names std::sync and std::thread", offences);
}

#[test]
fn pure_parts_have_no_threads_locks_or_clocks() {
    let pure = [
        "resources/amount.rs",
        "resources/places/mod.rs",
        "resources/places/sysfs.rs",
        "resources/pool/mod.rs",
        "scheduler/reserve/mod.rs",
        "scheduler/map.rs",
        "scheduler/policy/mod.rs",
        "scheduler/policy/earliest_finish.rs",
        "scheduler/policy/expand.rs",
        "scheduler/policy/facts.rs",
        "scheduler/policy/history/mod.rs",
        "scheduler/policy/locality.rs",
        "scheduler/policy/mapping.rs",
        "scheduler/policy/round_robin.rs",
        "resources/wish.rs",
        "scheduler/victims.rs",
        "graph/index.rs",
        "graph/select.rs",
        "graph/shape.rs",
        "data/coherence/buffers.rs",
        "data/coherence/directory.rs",
        "data/coherence/evict.rs",
        "data/coherence/mod.rs",
        "data/coherence/piece.rs",
        "data/coherence/pieces.rs",
        "data/coherence/plan.rs",
        "data/coherence/transfers.rs",
        "data/heading.rs",
        "data/races/ancestry.rs",
        "data/races/noted.rs",
        "data/residency/mod.rs",
        "data/order/mod.rs",
        "data/order/record.rs",
        "data/region/mod.rs",
        "data/region/span.rs",
        "data/region/tiles.rs",
        "data/region/index/mod.rs",
        "data/region/index/grid/mod.rs",
        "data/region/index/grid/sketch.rs",
    ];
    let impure = ["Mutex", "Atomic", "thread::", "Instant", "Condvar"];
    let mut offences = Vec::new();
    for name in pure {
        let code = code(&root().join("parla-runtime/src").join(name));
        let found = impure.iter().filter(|word| code.contains(**word));
        offences.extend(found.map(|word| format!("{name} names {word}")));
    }
    report("pure parts stay pure", offences);
}

#[test]
fn the_runtime_knows_no_gpu_interface_and_no_syntax() {
    let foreign = ["cuda", "cust::", "wgpu", "syn::", "quote!", "proc_macro"];
    let mut offences = Vec::new();
    for path in files("parla-runtime/src", "rs") {
        let code = code(&path).to_lowercase();
        let found = foreign.iter().filter(|word| code.contains(**word));
        offences.extend(found.map(|word| format!("{} names {word}", relative(&path))));
    }
    report("the runtime knows no back end and no macro", offences);
}

#[test]
fn only_its_room_names_cust() {
    let offences = files("parla-gpu/src", "rs")
        .iter()
        .filter(|path| !relative(path).starts_with("parla-gpu/src/cuda/"))
        .filter(|path| code(path).contains("cust::"))
        .map(|path| relative(path))
        .collect();
    report("only cuda/ names cust", offences);
}

#[test]
fn the_stages_of_the_macros_look_only_back() {
    let stages = [
        ("parse", &["model", "check", "expand", "pipeline"][..]),
        ("model", &["check", "expand", "pipeline"][..]),
        ("check", &["parse", "expand", "pipeline"][..]),
        ("expand", &["parse", "check", "pipeline"][..]),
    ];
    let mut offences = Vec::new();
    for (stage, forbidden) in stages {
        for path in files(&format!("parla-macros/src/{stage}"), "rs") {
            let name = relative(&path);
            // Tests of a stage run the stages before it.
            if name.contains("tests") {
                continue;
            }
            let code = code(&path);
            for room in forbidden {
                if code.contains(&format!("crate::{room}")) {
                    offences.push(format!("{name} names crate::{room}"));
                }
            }
            let lowers = name.contains("/lower/");
            if stage == "model" && !lowers && code.contains("crate::parse") {
                offences.push(format!("{name} names crate::parse, which only lower may"));
            }
        }
    }
    report("data flows one way through the stages", offences);
}

#[test]
fn pages_that_are_linked_to_exist() {
    let mut offences = Vec::new();
    let pages = files(".", "md");
    for page in &pages {
        let text = read(page);
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets {
            let path = target.split('#').next().unwrap_or_default();
            let is_local = !path.is_empty() && !path.contains("://") && !path.contains(' ');
            if is_local && !page.parent().unwrap().join(path).exists() {
                offences.push(format!("{}: {target}", relative(page)));
            }
        }
    }
    for source in sources() {
        let text = read(&source);
        let named = text.split('`').filter(|word| {
            word.starts_with("docs/") && word.ends_with(".md") && !word.contains(['{', '*', '<'])
        });
        for page in named.filter(|page| !root().join(page).exists()) {
            offences.push(format!("{}: {page}", relative(&source)));
        }
    }
    report("links lead somewhere", offences);
}

/// The code blocks of a page that begin with one of these fences.
fn blocks<'a>(page: &'a str, fence: &str) -> Vec<&'a str> {
    let fence = format!("```{fence}\n");
    let begun = page.split(&fence).skip(1);
    begun.filter_map(|rest| rest.split("```").next()).collect()
}

/// Their program needs a package of its own, which `outside_the_workspace.rs` runs.
#[test]
fn the_chapter_on_the_first_kernel_shows_the_example() {
    let example = root().join("examples/first_kernel");
    let chapter = read(&root().join("docs/guide/11-first-kernel.md"));
    let offences = [
        ("rust,ignore", "src/main.rs"),
        ("cuda", "kernels/collatz.cu"),
    ]
    .iter()
    .flat_map(|(fence, file)| {
        let shown = blocks(&chapter, fence);
        assert!(!shown.is_empty(), "{fence}");
        let text = read(&example.join(file));
        let is_other = move |block: &&str| !text.contains(block.trim_end());
        shown.into_iter().filter(is_other).map(str::to_owned)
    })
    .collect();
    report("the chapter shows what is run", offences);
}

#[test]
fn pages_of_errors_show_what_is_printed() {
    let mut offences = Vec::new();
    for page in files("docs/errors", "md") {
        let code = page.file_stem().unwrap().to_string_lossy().to_lowercase();
        if code == "readme" {
            continue;
        }
        let text = read(&page);
        let case = root().join("tests/ui").join(&code).join("page");
        let wrong = blocks(&text, "rust,compile_fail");
        if wrong.first() != Some(&read(&case.with_extension("rs")).as_str()) {
            offences.push(format!(
                "{}: its program is not {code}/page.rs",
                relative(&page)
            ));
        }
        let printed = read(&case.with_extension("stderr"));
        for message in blocks(&text, "text") {
            if !printed.contains(message.trim_end()) {
                offences.push(format!("{}: not printed: {message}", relative(&page)));
            }
        }
    }
    report("pages of errors are what the compiler says", offences);
}
