//! What must have been spawned for a wait to end.

use petgraph::graph::NodeIndex;

use super::run::{Leave, Machine};

/// A task that `awaited` needs, or itself, that nobody has spawned so far.
pub(super) fn needs_unspawned(
    machine: &mut Machine<'_>,
    awaited: NodeIndex,
) -> Result<Option<NodeIndex>, Leave> {
    machine
        .cleared
        .resize(machine.instance.graph.node_count(), false);
    if machine.cleared[awaited.index()] {
        return Ok(None);
    }
    let mut seen = vec![awaited];
    machine.cleared[awaited.index()] = true;
    let mut missing = None;
    let mut next = 0;
    while let Some(&task) = seen.get(next) {
        next += 1;
        machine.pay()?;
        if machine.instance.graph[task].spawned.is_none() {
            missing = Some(task);
            break;
        }
        for dependency in machine.instance.graph.neighbors(task) {
            let is_new = !std::mem::replace(&mut machine.cleared[dependency.index()], true);
            if is_new {
                seen.push(dependency);
            }
        }
    }
    // What leads to a missing task is not in order.
    if missing.is_some() {
        for task in seen {
            machine.cleared[task.index()] = false;
        }
    }
    Ok(missing)
}
