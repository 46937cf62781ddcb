//! Every wait can end.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::findings::Finding;
use crate::model::flow::{Flow, SiteId};
use crate::model::instance::{EarlyWait, Instance};

/// The most edges of a cycle that are printed; of longer ones the middle is left out.
const MOST_SHOWN: usize = 12;

/// Tasks that wait for each other, or for themselves.
pub(super) fn cycles(instance: &Instance<'_>, _: &Flow) -> Vec<Finding> {
    let mut found = Vec::new();
    if !may_have_cycles(instance) {
        return found;
    }
    for component in tarjan_scc(&instance.graph) {
        let waits_for_itself = |task| instance.graph.contains_edge(task, task);
        if component.len() == 1 && !waits_for_itself(component[0]) {
            continue;
        }
        let inside: HashSet<NodeIndex> = component.iter().copied().collect();
        let mut sites: HashSet<SiteId> = HashSet::new();
        let mut edges: Vec<EdgeIndex> = component
            .iter()
            .flat_map(|task| instance.graph.edges(*task))
            .filter(|edge| inside.contains(&edge.target()))
            .map(|edge| edge.id())
            .collect();
        edges.sort();
        // A cycle through each place in the source that has a part in one.
        for edge in edges {
            if sites.insert(instance.graph[edge]) {
                found.push(cycle(instance, edge, &inside));
            }
        }
    }
    found
}

/// Whether something is left when task after task that waits for nothing more is taken away (Kahn's
/// algorithm). Indices, since macros are built without optimisation.
fn may_have_cycles(instance: &Instance<'_>) -> bool {
    let (nodes, edges) = (instance.graph.raw_nodes(), instance.graph.raw_edges());
    let mut waits = vec![0_u32; nodes.len()];
    for edge in edges {
        waits[edge.source().index()] += 1;
    }
    let mut free: Vec<usize> = Vec::new();
    for (task, waits) in waits.iter().enumerate() {
        if *waits == 0 {
            free.push(task);
        }
    }
    let mut taken = 0;
    while let Some(task) = free.pop() {
        taken += 1;
        let mut next = nodes[task].next_edge(Direction::Incoming);
        while let Some(edge) = edges.get(next.index()) {
            let waiting = edge.source().index();
            waits[waiting] -= 1;
            if waits[waiting] == 0 {
                free.push(waiting);
            }
            next = edge.next_edge(Direction::Incoming);
        }
    }
    taken < nodes.len()
}

/// A shortest cycle through `first`.
fn cycle(instance: &Instance<'_>, first: EdgeIndex, inside: &HashSet<NodeIndex>) -> Finding {
    let edges = shortest(instance, first, inside);
    let name = |edge: &EdgeIndex| {
        let waiting = instance
            .graph
            .edge_endpoints(*edge)
            .map(|(waiting, _)| waiting);
        waiting.map_or_else(String::new, |it| instance.name(it))
    };
    let site = instance.graph[first];
    let names: Vec<_> = edges.iter().map(name).collect();
    let mut sites: Vec<SiteId> = edges.iter().map(|edge| instance.graph[*edge]).collect();
    let mut finding = Finding::at(site, String::new());
    if let [only] = names.as_slice() {
        finding.message = format!("{only} waits for itself");
        finding
            .helps
            .push("name another task, or remove the dependency".to_owned());
    } else {
        let mut shown = names.clone();
        shown.push(shown[0].clone());
        if shown.len() > MOST_SHOWN {
            let left_out = shown.len() - MOST_SHOWN;
            let middle = MOST_SHOWN / 2;
            shown.splice(
                middle..middle + left_out,
                [format!("… ({left_out} more) …")],
            );
        }
        finding.message = format!("cycle: {}", shown.join(" waits for "));
        finding
            .helps
            .push("break the cycle by removing one of its waits".to_owned());
        let mut labels: Vec<(SiteId, String)> = Vec::new();
        for (position, edge) in edges.iter().enumerate().take(MOST_SHOWN) {
            let (waiting, before) = (&names[position], &names[(position + 1) % names.len()]);
            let text = format!("{waiting} waits for {before}");
            let site = instance.graph[*edge];
            match labels.iter_mut().find(|label| label.0 == site) {
                Some(label) => {
                    label.1.push_str(", ");
                    label.1.push_str(&text);
                }
                None => labels.push((site, text)),
            }
        }
        // What is said of a place that has the message is in it.
        labels.retain(|label| label.0 != finding.site);
        let here = |(site, text)| (site, format!("{text} here"));
        finding.others = labels.into_iter().map(here).collect();
    }
    sites.sort_unstable();
    sites.dedup();
    finding.sites = sites;
    finding
}

/// Breadth first from the end of `first` back to its beginning.
fn shortest(
    instance: &Instance<'_>,
    first: EdgeIndex,
    inside: &HashSet<NodeIndex>,
) -> Vec<EdgeIndex> {
    let Some((start, next)) = instance.graph.edge_endpoints(first) else {
        return vec![first];
    };
    let mut came_by: HashMap<NodeIndex, EdgeIndex> = HashMap::new();
    let mut queue = VecDeque::from([next]);
    while let Some(task) = queue.pop_front() {
        if task == start {
            break;
        }
        for edge in instance.graph.edges(task) {
            let target = edge.target();
            let is_new = target != next && inside.contains(&target);
            if is_new && !came_by.contains_key(&target) {
                came_by.insert(target, edge.id());
                queue.push_back(target);
            }
        }
    }
    let mut edges = Vec::new();
    let mut at = start;
    while at != next {
        let Some(edge) = came_by.get(&at) else { break };
        edges.push(*edge);
        let Some((source, _)) = instance.graph.edge_endpoints(*edge) else {
            break;
        };
        at = source;
    }
    edges.push(first);
    edges.reverse();
    edges
}

/// Waits for tasks that the same function, or the same body, spawns only later.
pub(super) fn waits(instance: &Instance<'_>, _: &Flow) -> Vec<Finding> {
    let later = |wait: &&EarlyWait| {
        let spawned = instance.graph[wait.missing].spawned;
        spawned.is_some_and(|it| it.context == wait.context)
    };
    let mut seen: HashSet<SiteId> = HashSet::new();
    let waits = instance.early_waits.iter().filter(later);
    let first = waits.filter(|wait| seen.insert(wait.site));
    first.map(|wait| early(instance, wait)).collect()
}

fn early(instance: &Instance<'_>, wait: &EarlyWait) -> Finding {
    let missing = instance.name(wait.missing);
    let what = match wait.is_scope {
        true => "scope",
        false => "wait",
    };
    let message = if wait.awaited == wait.missing {
        format!("this {what} can't end: {missing} is spawned only after it")
    } else {
        let awaited = instance.name(wait.awaited);
        let needs = match instance.graph.find_edge(wait.awaited, wait.missing) {
            Some(_) => "waits for",
            None => "needs",
        };
        format!(
            "this {what} can't end: {awaited} {needs} {missing}, which is spawned only after it"
        )
    };
    let mut others = Vec::new();
    if let Some(spawned) = instance.graph[wait.missing].spawned {
        others.push((spawned.site, format!("{missing} is spawned here")));
    }
    Finding {
        helps: vec![format!("spawn {missing} first, or wait later")],
        others,
        ..Finding::at(wait.site, message)
    }
}
