//! Reads both formats; what is wrong is said with the number of the line.

use std::collections::HashMap;
use std::str::FromStr;

use crate::graph::{Block, DEFAULT_SPACE, Graph, Id, Target, TaskSpec, Variant};

/// A task takes no longer than this, about four months, so that sums of times stay exact enough.
const MAX_MICROS: f64 = 1e13;

/// Reads a file. The error says what is wrong and in which line.
pub(crate) fn parse(text: &str) -> Result<Graph, String> {
    let mut lines = (1..).zip(text.lines());
    let (_, first) = lines.next().unwrap_or((1, ""));
    let blocks = parse_blocks(first).map_err(at(1))?;
    let mut graph = Graph {
        blocks,
        tasks: Vec::new(),
    };

    // The dependencies of a task may stand below it, so they are looked up in the end.
    let mut named_deps = Vec::new();
    let mut positions: HashMap<Id, usize> = HashMap::new();
    let mut numbers: Vec<usize> = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let (task, deps) = parse_task(line, graph.blocks.len()).map_err(at(number))?;
        if let Some(before) = positions.insert(task.id.clone(), graph.tasks.len()) {
            let message = format!("task {} was in line {} before", task.id, numbers[before]);
            return Err(at(number)(message));
        }
        graph.tasks.push(task);
        named_deps.push(deps);
        numbers.push(number);
    }
    if graph.tasks.is_empty() {
        return Err("the file has no tasks".to_owned());
    }
    for ((task, deps), &number) in graph.tasks.iter_mut().zip(named_deps).zip(&numbers) {
        for dep in deps {
            let position = positions.get(&dep).copied();
            let message = || format!("{} depends on {dep}, but there is no such task", task.id);
            task.deps
                .push(position.ok_or_else(message).map_err(at(number))?);
        }
        // Twice the same dependency is one.
        task.deps.sort_unstable();
        task.deps.dedup();
    }
    refuse_cycle(&graph, &numbers)?;
    Ok(graph)
}

fn at(line: usize) -> impl Fn(String) -> String {
    move |message| format!("line {line}: {message}")
}

fn refuse_cycle(graph: &Graph, numbers: &[usize]) -> Result<(), String> {
    const SHOWN: usize = 8;
    let Some(cycle) = graph.cycle() else {
        return Ok(());
    };
    let name = |&at: &usize| graph.tasks[at].id.to_string();
    let mut names: Vec<String> = cycle.iter().take(SHOWN).map(name).collect();
    if cycle.len() > SHOWN {
        names.push("…".to_owned());
    }
    names.push(name(&cycle[0]));
    let message = format!("the task is in a cycle: {}", names.join(" waits for "));
    Err(at(numbers[cycle[0]])(message))
}

fn parse_blocks(line: &str) -> Result<Vec<Block>, String> {
    if line.trim().is_empty() {
        return Ok(Vec::new());
    }
    let block = |text: &str| {
        let wrong = || {
            format!(
                "expected a size or `{{size : location}}`, found `{}`",
                text.trim()
            )
        };
        let text = text.trim();
        let (size, location) = match text.strip_prefix('{') {
            None => (text, Ok(Target::CPU)),
            Some(text) => {
                let text = text.strip_suffix('}').ok_or_else(wrong)?;
                let (size, location) = text.split_once(':').ok_or_else(wrong)?;
                (size, number(location).map(Target))
            }
        };
        let bytes = number(size).map_err(|_| wrong())?;
        Ok(Block {
            bytes,
            location: location.map_err(|_| wrong())?,
        })
    };
    line.split(',').map(block).collect()
}

/// A task without its dependencies, and their ids.
fn parse_task(line: &str, blocks: usize) -> Result<(TaskSpec, Vec<Id>), String> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let (&[name, needs], rest) = fields.split_first_chunk().ok_or_else(|| {
        "expected `id | what the task needs | dependencies | data`, found no `|`".to_owned()
    })?;
    if rest.len() > 2 {
        return Err(format!(
            "expected four fields with `|` between them, found {}",
            fields.len()
        ));
    }
    let id = parse_id(name, DEFAULT_SPACE)?;
    let variants = match needs.starts_with('{') {
        true => parse_variants(needs)?,
        false => vec![parse_old_variant(needs)?],
    };
    let deps = rest
        .first()
        .unwrap_or(&"")
        .split(':')
        .filter(|dep| !dep.trim().is_empty());
    let deps = deps
        .map(|dep| parse_id(dep, &id.space))
        .collect::<Result<_, _>>()?;
    let data = parse_data(rest.get(1).unwrap_or(&""), blocks)?;
    Ok((
        TaskSpec {
            id,
            variants,
            deps: Vec::new(),
            data,
        },
        deps,
    ))
}

/// `3`, `0, 3`, `(0, 3)`, `('D', 3)` or `('D', (0, 3))`.
fn parse_id(text: &str, home: &str) -> Result<Id, String> {
    let text = text.trim();
    let wrong = || format!("expected an id, such as `3`, `(0, 3)` or `('D', 3)`, found `{text}`");
    let inner = without_parentheses(text).ok_or_else(wrong)?;
    let (space, index) = match inner.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let (space, rest) = inner[1..].split_once(quote).ok_or_else(wrong)?;
            let rest = rest.trim_start().strip_prefix(',').ok_or_else(wrong)?;
            (space, without_parentheses(rest).ok_or_else(wrong)?)
        }
        _ => (home, inner),
    };
    // Python writes `(3,)` for a tuple of one.
    let index = index.strip_suffix(',').unwrap_or(index);
    let index: Vec<i64> = index.split(',').map(number).collect::<Result<_, _>>()?;
    if index.iter().any(|&i| i < 0) {
        return Err(format!("the id `{text}` has a negative index"));
    }
    Ok(Id {
        space: space.to_owned(),
        index,
    })
}

/// Takes one pair of parentheses off, if there is one.
fn without_parentheses(text: &str) -> Option<&str> {
    let text = text.trim();
    match text.strip_prefix('(') {
        Some(text) => text.strip_suffix(')').map(str::trim),
        None => Some(text),
    }
}

/// `{device : time, vcus, times, share, memory}, …`
fn parse_variants(text: &str) -> Result<Vec<Variant>, String> {
    let text = text
        .strip_suffix('}')
        .ok_or_else(|| format!("expected a `}}` after `{text}`"))?;
    let variant = |text: &str| {
        let text = text.trim().trim_start_matches(',').trim();
        let wrong =
            || format!("expected `{{device : time, vcus, times, share, memory}}`, found `{text}`");
        let (targets, needs) = text
            .strip_prefix('{')
            .and_then(|text| text.split_once(':'))
            .ok_or_else(wrong)?;
        let needs: Vec<&str> = needs.split(',').collect();
        let &[time, vcus, times, share, memory] = &needs[..] else {
            return Err(wrong());
        };
        let targets = without_parentheses(targets).ok_or_else(wrong)?;
        let targets = targets.strip_suffix(',').unwrap_or(targets);
        Ok(Variant {
            targets: targets.split(',').map(target).collect::<Result<_, _>>()?,
            micros: micros(time)?,
            vcus: share_of_device(number(vcus)?)?,
            gil: (number(times)?, number(share)?),
            memory: number(memory)?,
        })
    };
    text.split('}').map(variant).collect()
}

fn target(text: &str) -> Result<Target, String> {
    match number(text)? {
        code @ -2.. => Ok(Target(code)),
        code => Err(format!("{code} is no device")),
    }
}

/// `time, 1/vcus, device, n, t`
fn parse_old_variant(text: &str) -> Result<Variant, String> {
    let wrong = || format!("expected `time, 1/vcus, device, n, t` or `{{…}}`, found `{text}`");
    let needs: Vec<&str> = text.split(',').collect();
    let &[time, parts, device, times, locked] = &needs[..] else {
        return Err(wrong());
    };
    let times: u64 = number(times)?;
    let locked = times as f64 * micros(locked)?;
    let micros = in_range(micros(time)? + locked)?;
    let device = match number(device)? {
        0 => Target::CPU,
        1 => Target::ANY_GPU,
        2 => Target::ANYWHERE,
        gpu @ 3.. => Target(gpu - 2),
        code => return Err(format!("{code} is no device")),
    };
    Ok(Variant {
        targets: vec![device],
        micros,
        vcus: share_of_device(1.0 / number::<f64>(parts)?)?,
        gil: (times, if micros > 0.0 { locked / micros } else { 0.0 }),
        memory: 0,
    })
}

/// `reads : writes : both`, each a list of blocks.
fn parse_data(text: &str, blocks: usize) -> Result<[Vec<usize>; 3], String> {
    let mut data: [Vec<usize>; 3] = Default::default();
    let lists: Vec<&str> = text.split(':').collect();
    if lists.len() > data.len() {
        return Err(format!("expected `reads : writes : both`, found `{text}`"));
    }
    for (list, text) in data.iter_mut().zip(lists) {
        for block in text.split(',').filter(|block| !block.trim().is_empty()) {
            match number(block)? {
                block if block < blocks => list.push(block),
                block => {
                    return Err(format!("block {block} does not exist, line 1 has {blocks}"));
                }
            }
        }
    }
    Ok(data)
}

fn micros(text: &str) -> Result<f64, String> {
    in_range(number(text)?)
}

fn in_range(micros: f64) -> Result<f64, String> {
    match (0.0..=MAX_MICROS).contains(&micros) {
        true => Ok(micros),
        false => Err(format!("{micros} is no time in microseconds")),
    }
}

fn share_of_device(vcus: f64) -> Result<f64, String> {
    match (0.0..=1.0).contains(&vcus) {
        true => Ok(vcus),
        false => Err(format!(
            "the share of the device must be from 0 to 1, but is {vcus}"
        )),
    }
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    let text = text.trim();
    text.parse()
        .map_err(|_| format!("`{text}` is not a number that can stand here"))
}
