//! The files of Parla's synthetic graphs: lines of fields with `|` between them.
//!
//! ```text
//! {1024 : -1}, {64 : 0}
//! 0        | {-1 : 500, 0.5, 1, 0.1, 0}                          |         | 0 : :
//! 1        | {-1 : 500, 0.5, 1, 0.1, 0}, {0 : 50, 1, 1, 0.1, 64} | 0       | : 1 :
//! ('D', 2) | {-2 : 100, 1, 0, 0, 0}                              | ('T', 0) : ('T', 1) | 0 : : 1
//! ```
//!
//! The first line has the blocks of data, `{bytes : location}`, and may be empty. Each other line
//! is a task: its id; what it needs on which device, `{device : microseconds, vcus, how often it
//! takes Python's lock, for which part of its time, memory}`; the ids of its dependencies; the
//! numbers of the blocks that it reads : writes : reads and writes. What is not needed at the end
//! of a line may be left out. A device is -2 for any, -1 for a CPU, 0 for any GPU, from 1 on a
//! certain GPU; `(1, 2)` asks for two of them. An id without a space belongs to space `T`, and as
//! a dependency to the space of the task that has it.
//!
//! In the older format the first line has sizes alone, and the second field of a task is `time,
//! 1/vcus, device, n, t` without braces: the task takes `n` times another `t` microseconds under
//! Python's lock, and a device is 0 for a CPU, 1 for any GPU, 2 for any device, from 3 on a
//! certain GPU.

mod read;

use std::fmt::Display;

pub(crate) use read::parse;

use crate::graph::{DEFAULT_SPACE, Graph, Id, Target, Variant};

/// The graph as a file in the new format.
pub(crate) fn write(graph: &Graph) -> String {
    let block = |it: &crate::graph::Block| format!("{{{} : {}}}", it.bytes, it.location.0);
    let mut text = join(graph.blocks.iter().map(block), ", ");
    text.push('\n');
    for task in &graph.tasks {
        let needs = join(task.variants.iter().map(variant), ", ");
        let home = &task.id.space;
        let deps = join(
            task.deps.iter().map(|&dep| id(&graph.tasks[dep].id, home)),
            " : ",
        );
        let [reads, writes, both] = task.data.each_ref().map(|blocks| join(blocks, ", "));
        let name = id(&task.id, DEFAULT_SPACE);
        text += &format!("{name} | {needs} | {deps} | {reads} : {writes} : {both}\n");
    }
    text
}

/// The id as it is understood where ids without a space belong to `home`.
fn id(id: &Id, home: &str) -> String {
    let index = tuple(&id.index);
    match &*id.space {
        space if space == home => index,
        space => format!("('{space}', {index})"),
    }
}

fn variant(variant: &Variant) -> String {
    let &Variant {
        ref targets,
        micros,
        vcus,
        gil: (times, share),
        memory,
    } = variant;
    let targets: Vec<i64> = targets.iter().map(|&Target(number)| number).collect();
    format!(
        "{{{} : {micros}, {vcus}, {times}, {share}, {memory}}}",
        tuple(&targets)
    )
}

fn tuple(numbers: &[i64]) -> String {
    match numbers {
        [number] => number.to_string(),
        _ => format!("({})", join(numbers, ", ")),
    }
}

fn join(items: impl IntoIterator<Item: Display>, separator: &str) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(separator)
}

#[cfg(test)]
mod tests;
