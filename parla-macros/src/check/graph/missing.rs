//! What is waited for is spawned.

use std::collections::HashSet;

use petgraph::graph::NodeIndex;

use super::findings::Finding;
use crate::diag::Code;
use crate::model::flow::{Flow, SiteId};
use crate::model::instance::Instance;

/// Dependencies on tasks that nobody spawns.
pub(super) fn dependencies(instance: &Instance<'_>, _: &Flow) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: HashSet<SiteId> = HashSet::new();
    for edge in instance.graph.raw_edges() {
        let site = edge.weight;
        if instance.graph[edge.target()].spawned.is_some()
            || !instance.is_never_spawned(edge.target())
            || !seen.insert(site)
        {
            continue;
        }
        let (waiting, missing) = (instance.name(edge.source()), instance.name(edge.target()));
        let message = format!("{waiting} waits for {missing}, which is never spawned");
        let asking = Some(edge.source());
        found.push(finding(instance, site, message, edge.target(), asking));
    }
    found
}

/// Waits of the function itself for tasks that nobody spawns.
pub(super) fn waits(instance: &Instance<'_>, _: &Flow) -> Vec<Finding> {
    let early = instance.early_waits.iter();
    let never = early.filter(|wait| {
        // What something else waits for is reported there, and the waits of bodies are edges.
        wait.awaited == wait.missing
            && wait.context.is_none()
            && !wait.is_scope
            && instance.is_never_spawned(wait.missing)
    });
    let mut seen: HashSet<SiteId> = HashSet::new();
    let first = never.filter(|wait| seen.insert(wait.site));
    let finding = |wait: &crate::model::instance::EarlyWait| {
        let missing = instance.name(wait.missing);
        let message = format!("this waits for {missing}, which is never spawned");
        finding(instance, wait.site, message, wait.missing, None)
    };
    first.map(finding).collect()
}

fn finding(
    instance: &Instance<'_>,
    site: SiteId,
    message: String,
    missing: NodeIndex,
    asking: Option<NodeIndex>,
) -> Finding {
    let name = instance.name(missing);
    let mut finding = Finding::at(site, message);
    let Some((space, at)) = instance.graph[missing].place else {
        return finding;
    };
    let space = &instance.spaces[space];
    let spawned = || {
        let named = space.named.iter().copied();
        named.filter(|task| instance.graph[*task].spawned.is_some())
    };
    let indices = |task: NodeIndex| instance.graph[task].place.map(|(_, at)| at);
    let dimensions = at.as_slice().len();
    let mut others = spawned().filter_map(indices).map(|it| it.as_slice().len());
    if let Some(first) = others.next()
        && first != dimensions
        && others.all(|it| it == first)
    {
        finding.code = Some(Code::P0004);
        finding.message = format!(
            "{name} has {}, but the tasks of `{}` have {first}",
            counted(dimensions),
            space.name
        );
        let example = spawned().next().map(|task| instance.name(task));
        let example = example.unwrap_or_default();
        finding
            .helps
            .push(format!("write {}, as in {example}", counted(first)));
        return finding;
    }
    let largest = at.as_slice().iter().copied().max();
    finding.reach = largest.unwrap_or(0).into();
    let distance = |task: &NodeIndex| {
        let other = indices(*task)?;
        let both = at.as_slice().iter().zip(other.as_slice());
        Some(
            both.map(|(one, other)| i128::from(one.abs_diff(*other)))
                .sum::<i128>(),
        )
    };
    let others = spawned().filter(|task| Some(*task) != asking);
    match others.min_by_key(distance) {
        Some(nearest) => {
            let nearest = instance.name(nearest);
            finding
                .helps
                .push(format!("spawn {name}, or did you mean {nearest}?"));
        }
        None => {
            let space = space.name;
            finding.helps.push(format!(
                "no other task of `{space}` is spawned: spawn {name}, or remove the wait for it"
            ));
        }
    }
    finding
}

/// `1 index`, `2 indices`.
pub(super) fn counted(indices: usize) -> String {
    match indices {
        1 => "1 index".to_owned(),
        count => format!("{count} indices"),
    }
}
