//! Regular and random graphs of any size, as Parla's own benchmarks use them.

use std::ops::Range;

use crate::graph::{DEFAULT_SPACE, Graph, Id, Target, TaskSpec, Variant};

/// More tasks than this would rather be a mistake than a benchmark.
const MAX_TASKS: usize = 1_000_000;

/// The families of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `width` tasks without dependencies.
    Independent,
    /// `width` chains of `depth` tasks, each of which depends on the `degree` tasks before it.
    Serial,
    /// A tree with `depth` levels of edges; each task depends on `degree` others.
    Reduction,
    /// `depth` levels of `width` tasks, with a single task between each two levels.
    ReductionScatter,
    /// `width` points in `depth` steps; each depends on itself and its neighbours one step before.
    Stencil,
    /// `depth` levels of `width` tasks; each depends on up to `degree` tasks of the level before.
    Random,
}

impl Kind {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("independent", Self::Independent),
        ("serial", Self::Serial),
        ("reduction", Self::Reduction),
        ("reduction-scatter", Self::ReductionScatter),
        ("stencil", Self::Stencil),
        ("random", Self::Random),
    ];
}

/// The size of a graph, and what each of its tasks needs.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) width: usize,
    pub(crate) depth: usize,
    pub(crate) degree: usize,
    pub(crate) micros: f64,
    pub(crate) vcus: f64,
    pub(crate) seed: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            width: 16,
            depth: 8,
            degree: 2,
            micros: 1000.0,
            vcus: 1.0,
            seed: 1,
        }
    }
}

/// Makes a graph; fails if it would have too many tasks or edges.
pub(crate) fn generate(kind: Kind, shape: &Shape) -> Result<Graph, String> {
    check_size(kind, shape)?;
    let mut maker = Maker {
        shape,
        graph: Graph::default(),
    };
    match kind {
        Kind::Independent => {
            maker.level(&[], shape.width, |_| Vec::new());
        }
        Kind::Serial => maker.serial(),
        Kind::Reduction => maker.reduction(),
        Kind::ReductionScatter => maker.reduction_scatter(),
        Kind::Stencil => maker.stencil(),
        Kind::Random => maker.random(),
    }
    Ok(maker.graph)
}

fn check_size(kind: Kind, shape: &Shape) -> Result<(), String> {
    let &Shape {
        width,
        depth,
        degree,
        ..
    } = shape;
    if [width, depth, degree].contains(&0) {
        return Err("width, depth and degree of a graph are at least one".to_owned());
    }
    let tasks = match kind {
        Kind::Independent => Some(width),
        Kind::Reduction => {
            let widths = (0..=depth).map(|level| degree.checked_pow(u32::try_from(level).ok()?));
            widths
                .take(MAX_TASKS + 1)
                .try_fold(0, |sum: usize, width| sum.checked_add(width?))
        }
        Kind::ReductionScatter => width
            .checked_add(1)
            .and_then(|level| level.checked_mul(depth)),
        Kind::Serial | Kind::Stencil | Kind::Random => width.checked_mul(depth),
    };
    // Those of a tree have one edge each, and those of a stencil three.
    let edges = match kind {
        Kind::Serial => tasks.and_then(|tasks| tasks.checked_mul(degree.min(depth))),
        Kind::Random => tasks.and_then(|tasks| tasks.checked_mul(degree.min(width))),
        _ => tasks,
    };
    match edges {
        Some(edges) if edges <= 10 * MAX_TASKS && tasks <= Some(MAX_TASKS) => Ok(()),
        _ => Err(format!(
            "the graph would have more than {MAX_TASKS} tasks or ten times the edges"
        )),
    }
}

struct Maker<'a> {
    shape: &'a Shape,
    graph: Graph,
}

impl Maker<'_> {
    /// Adds `width` tasks with indices that begin with `prefix`; `deps` gives the dependencies of
    /// each by its last index. Returns where in the graph they are.
    fn level(
        &mut self,
        prefix: &[usize],
        width: usize,
        mut deps: impl FnMut(usize) -> Vec<usize>,
    ) -> Range<usize> {
        let first = self.graph.tasks.len();
        for last in 0..width {
            let index = prefix.iter().chain([&last]).map(|&i| i as i64).collect();
            self.graph.tasks.push(TaskSpec {
                id: Id {
                    space: DEFAULT_SPACE.to_owned(),
                    index,
                },
                variants: vec![Variant {
                    targets: vec![Target::CPU],
                    micros: self.shape.micros,
                    vcus: self.shape.vcus,
                    gil: (0, 0.0),
                    memory: 0,
                }],
                deps: deps(last),
                data: Default::default(),
            });
        }
        first..self.graph.tasks.len()
    }

    fn serial(&mut self) {
        let &Shape {
            width,
            depth,
            degree,
            ..
        } = self.shape;
        for step in 0..depth {
            let back = 1..=degree.min(step);
            self.level(&[step], width, |chain| {
                back.clone()
                    .rev()
                    .map(|back| (step - back) * width + chain)
                    .collect()
            });
        }
    }

    /// From the leaves to the root, which is the only task of level zero.
    fn reduction(&mut self) {
        let degree = self.shape.degree;
        let mut children = 0..0;
        for level in (0..=self.shape.depth).rev() {
            let width = degree.pow(level as u32);
            let first = children.start;
            let is_leaf = children.is_empty();
            children = self.level(&[level], width, |at| match is_leaf {
                true => Vec::new(),
                false => (0..degree)
                    .map(|child| first + at * degree + child)
                    .collect(),
            });
        }
    }

    fn reduction_scatter(&mut self) {
        let mut before = 0..0;
        for level in 0..self.shape.depth {
            if level > 0 {
                before = self.level(&[2 * level - 1], 1, |_| before.clone().collect());
            }
            before = self.level(&[2 * level], self.shape.width, |_| before.clone().collect());
        }
    }

    fn stencil(&mut self) {
        let &Shape { width, depth, .. } = self.shape;
        let mut before = 0..0;
        for step in 0..depth {
            before = self.level(&[step], width, |at| {
                let neighbours = at.saturating_sub(1)..(at + 2).min(before.len());
                neighbours
                    .map(|neighbour| before.start + neighbour)
                    .collect()
            });
        }
    }

    fn random(&mut self) {
        let &Shape {
            width,
            depth,
            degree,
            seed,
            ..
        } = self.shape;
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut before = 0..0;
        for level in 0..depth {
            before = self.level(&[level], width, |_| {
                let count = rng.usize(1..=degree.min(width));
                let mut deps = rng.choose_multiple(before.clone(), count);
                deps.sort_unstable();
                deps
            });
        }
    }
}

#[cfg(test)]
mod tests;
