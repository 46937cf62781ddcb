//! A synthetic task graph: plain data, and what follows from it alone.

use std::collections::HashSet;
use std::fmt;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

/// Tasks with dependencies, and the blocks of data they name.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) blocks: Vec<Block>,
    pub(crate) tasks: Vec<TaskSpec>,
}

/// A block of data, and the device where it is first.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) bytes: u64,
    pub(crate) location: Target,
}

/// One task; its dependencies are positions in [`Graph::tasks`], its data positions in
/// [`Graph::blocks`].
#[derive(Debug, PartialEq)]
pub(crate) struct TaskSpec {
    pub(crate) id: Id,
    /// What it needs on the devices it may run on; never empty.
    pub(crate) variants: Vec<Variant>,
    pub(crate) deps: Vec<usize>,
    /// Blocks it reads, writes, and both.
    pub(crate) data: [Vec<usize>; 3],
}

/// The name of a task: a task space and its index there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    pub(crate) space: String,
    pub(crate) index: Vec<i64>,
}

/// The space of a task that names none.
pub(crate) const DEFAULT_SPACE: &str = "T";

/// What a task needs on a device, or on several at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    pub(crate) targets: Vec<Target>,
    pub(crate) micros: f64,
    /// The share of the device.
    pub(crate) vcus: f64,
    /// How often, and for which part of its time, it would hold Python's lock. It is kept for
    /// programs that have such a lock; this one has none.
    pub(crate) gil: (u64, f64),
    pub(crate) memory: u64,
}

/// The number of a device, or of a set of devices, as the files have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target(pub(crate) i64);

impl Target {
    pub(crate) const ANYWHERE: Self = Self(-2);
    pub(crate) const CPU: Self = Self(-1);
    pub(crate) const ANY_GPU: Self = Self(0);

    fn may_be_cpu(self) -> bool {
        matches!(self, Self::CPU | Self::ANYWHERE)
    }
}

impl TaskSpec {
    /// The variant that runs on a CPU: one made for it, if there is one, else the first.
    pub(crate) fn on_cpu(&self) -> &Variant {
        let made_for_it = self.variants.iter().find(|variant| variant.is_for_cpu());
        made_for_it.unwrap_or(&self.variants[0])
    }
}

impl Variant {
    pub(crate) fn is_for_cpu(&self) -> bool {
        self.targets.iter().all(|target| target.may_be_cpu())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index: Vec<String> = self.index.iter().map(i64::to_string).collect();
        write!(f, "{}[{}]", self.space, index.join(", "))
    }
}

impl Graph {
    pub(crate) fn edges(&self) -> usize {
        self.tasks.iter().map(|task| task.deps.len()).sum()
    }

    /// The edges, from the earlier task to the later one, for the algorithms of petgraph.
    fn order(&self) -> DiGraph<(), ()> {
        let mut order = DiGraph::with_capacity(self.tasks.len(), self.edges());
        for _ in &self.tasks {
            order.add_node(());
        }
        for (later, task) in self.tasks.iter().enumerate() {
            for &earlier in &task.deps {
                order.add_edge(NodeIndex::new(earlier), NodeIndex::new(later), ());
            }
        }
        order
    }

    /// Tasks that wait for each other: each depends on the next, the last on the first.
    pub(crate) fn cycle(&self) -> Option<Vec<usize>> {
        let waits_for_itself = |at: usize| self.tasks[at].deps.contains(&at);
        // Not Tarjan's algorithm: petgraph's recurses, too deeply for a long chain.
        let knots = kosaraju_scc(&self.order());
        let knot = knots
            .iter()
            .find(|knot| knot.len() > 1 || waits_for_itself(knot[0].index()))?;
        let inside: HashSet<usize> = knot.iter().map(|at| at.index()).collect();
        // Every task of a knot depends on one of it, so a walk inside comes round.
        let (mut walk, mut seen) = (Vec::new(), HashSet::new());
        let mut at = knot[0].index();
        while seen.insert(at) {
            walk.push(at);
            at = *self.tasks[at]
                .deps
                .iter()
                .find(|dep| inside.contains(dep))?;
        }
        let start = walk.iter().position(|&visited| visited == at)?;
        let mut cycle = walk.split_off(start);
        let first = (0..cycle.len()).min_by_key(|&place| cycle[place])?;
        cycle.rotate_left(first);
        Some(cycle)
    }

    /// The time of all tasks one after another, in microseconds.
    pub(crate) fn work(&self) -> f64 {
        self.tasks.iter().map(|task| task.on_cpu().micros).sum()
    }

    /// The time of all tasks, each counted by its share of a device, in microseconds.
    pub(crate) fn occupancy(&self) -> f64 {
        self.tasks
            .iter()
            .map(TaskSpec::on_cpu)
            .map(|it| it.micros * it.vcus)
            .sum()
    }

    /// The time of the longest chain of tasks, in microseconds; zero in a graph with a cycle.
    pub(crate) fn critical_path(&self) -> f64 {
        let mut ends = vec![0.0; self.tasks.len()];
        for at in toposort(&self.order(), None).unwrap_or_default() {
            let task = &self.tasks[at.index()];
            let start = task.deps.iter().map(|&dep| ends[dep]).fold(0.0, f64::max);
            ends[at.index()] = start + task.on_cpu().micros;
        }
        ends.into_iter().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Kind, Shape, generate};

    fn graph(deps: &[&[usize]]) -> Graph {
        let shape = Shape {
            width: deps.len(),
            ..Shape::default()
        };
        let mut graph = generate(Kind::Independent, &shape).unwrap();
        for (task, deps) in graph.tasks.iter_mut().zip(deps) {
            task.deps = deps.to_vec();
        }
        graph
    }

    #[test]
    fn cycles_are_found_and_only_cycles() {
        assert_eq!(graph(&[&[], &[0], &[0, 1]]).cycle(), None);
        assert_eq!(graph(&[&[], &[1]]).cycle(), Some(vec![1]));
        let cycle = graph(&[&[], &[0, 3], &[1], &[2, 0], &[3]]).cycle();
        assert_eq!(cycle, Some(vec![1, 3, 2]), "from its first task on");
    }

    #[test]
    fn long_chains_and_cycles_are_no_trouble() {
        let shape = Shape {
            width: 1,
            depth: 200_000,
            degree: 1,
            ..Shape::default()
        };
        let mut chain = generate(Kind::Serial, &shape).unwrap();
        assert_eq!(chain.critical_path(), chain.work());
        assert_eq!(chain.cycle(), None);
        chain.tasks[0].deps.push(199_999);
        assert_eq!(chain.cycle().unwrap().len(), 200_000);
    }

    #[test]
    fn critical_path_is_the_longest_chain() {
        let mut diamond = graph(&[&[], &[0], &[0], &[1, 2]]);
        for (task, micros) in diamond.tasks.iter_mut().zip([1.0, 20.0, 3.0, 4.0]) {
            task.variants[0].micros = micros;
        }
        assert_eq!(diamond.critical_path(), 25.0);
        assert_eq!(diamond.work(), 28.0);
        assert_eq!(Graph::default().critical_path(), 0.0);
    }
}
