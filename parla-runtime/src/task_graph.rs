//! A task graph as data: names and dependencies, to be drawn and measured.

use std::fmt::Write as _;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

/// The tasks of a graph and their dependencies, without anything that runs.
///
/// `#[task_graph]` gives one of a function whose graph is fully known when it is compiled, as
/// `function::graph()`; a prebuilt graph gives one with [`Graph::to_task_graph`]. Tasks are numbered
/// in the order in which they are spawned.
///
/// ```
/// let graph = parla_runtime::Graph::<()>::new(|g| {
///     let t = g.task_space("T");
///     t.task(0).spawn(|| ());
///     t.task(1).deps(t.task(0)).spawn(|| ());
///     t.task(2).deps(t.task(0)).spawn(|| ());
/// })?
/// .to_task_graph();
/// assert_eq!((graph.len(), graph.depth(), graph.width()), (3, 2, 2));
/// assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 1), (0, 2)]);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
///
/// [`Graph::to_task_graph`]: crate::Graph::to_task_graph
#[derive(Debug, Clone)]
pub struct TaskGraph {
    /// From each dependency to who depends on it.
    graph: DiGraph<String, ()>,
}

impl TaskGraph {
    pub(crate) fn new(
        names: impl IntoIterator<Item = String>,
        edges: impl IntoIterator<Item = (usize, usize)>,
    ) -> Self {
        let mut graph = DiGraph::new();
        for name in names {
            graph.add_node(name);
        }
        for (before, after) in edges {
            graph.add_edge(NodeIndex::new(before), NodeIndex::new(after), ());
        }
        Self { graph }
    }

    /// What `#[task_graph]` wrote into the program: the names, a line each; and for each task how
    /// many dependencies it has and which, as numbers of seven bits a byte, the lowest first, where
    /// all but the last byte of a number have their highest bit set (LEB128).
    pub(crate) fn decode(names: &str, dependencies: &[u8]) -> Self {
        let mut bytes = dependencies.iter();
        let mut number = || {
            let mut value = 0;
            for (position, byte) in bytes.by_ref().enumerate() {
                value |= usize::from(byte & 0x7f) << (7 * position);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            value
        };
        let mut edges = Vec::new();
        for (task, _) in names.lines().enumerate() {
            for _ in 0..number() {
                edges.push((number(), task));
            }
        }
        Self::new(names.lines().map(str::to_owned), edges)
    }

    /// How many tasks it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether it has no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names of its tasks, in the order in which they are spawned.
    pub fn task_names(&self) -> impl Iterator<Item = &str> {
        self.graph.node_weights().map(String::as_str)
    }

    /// Its dependencies, as pairs of the numbers of a task and of one that depends on it.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let pair =
            |edge: &petgraph::graph::Edge<()>| (edge.source().index(), edge.target().index());
        self.graph.raw_edges().iter().map(pair)
    }

    /// The number of tasks on its critical path, the longest way through: no number of workers runs
    /// it in less time than those tasks take one after the other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels().len()
    }

    /// The largest number of tasks with the same depth: about how many workers it keeps busy.
    #[must_use]
    pub fn width(&self) -> usize {
        self.levels().into_iter().max().unwrap_or(0)
    }

    /// How many tasks have no dependency, how many have one of those as their latest, and so on.
    fn levels(&self) -> Vec<usize> {
        // What has a cycle was refused before it came here.
        let order = toposort(&self.graph, None).unwrap_or_default();
        let mut level_of = vec![0; self.len()];
        let mut levels = Vec::new();
        for task in order {
            let level = level_of[task.index()];
            if level == levels.len() {
                levels.push(0);
            }
            levels[level] += 1;
            for after in self.graph.neighbors(task) {
                let level_of = &mut level_of[after.index()];
                *level_of = (*level_of).max(level + 1);
            }
        }
        levels
    }

    /// The graph in the language of Graphviz: a vertex for each task, an edge from each dependency
    /// to who depends on it.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = "digraph {\n".to_owned();
        for (number, name) in self.task_names().enumerate() {
            let _infallible = writeln!(dot, "  {number} [label={name:?}]");
        }
        for (before, after) in self.edges() {
            let _infallible = writeln!(dot, "  {before} -> {after}");
        }
        dot + "}\n"
    }

    /// The graph as a flowchart in the language of Mermaid, which many viewers of Markdown draw.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut chart = "flowchart TD\n".to_owned();
        for (number, name) in self.task_names().enumerate() {
            // Its texts know no escape but those of HTML.
            let name = name.replace('"', "#quot;");
            let _infallible = writeln!(chart, "  {number}[\"{name}\"]");
        }
        for (before, after) in self.edges() {
            let _infallible = writeln!(chart, "  {before} --> {after}");
        }
        chart
    }

    /// The graph as one of petgraph's, for its algorithms: names, and edges from each dependency to
    /// who depends on it.
    #[must_use]
    pub fn to_petgraph(&self) -> DiGraph<String, ()> {
        self.graph.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_macro_writes_is_read() {
        // 0 and 1; 2 waits for both; 3 for 0 .. 199 of another graph's size.
        let graph = TaskGraph::decode("a\nb\nc", &[0, 0, 2, 0, 1]);
        assert_eq!(graph.task_names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 2), (1, 2)]);
        let names: Vec<_> = (0..300).map(|i| i.to_string()).collect();
        let mut bytes = vec![0; 299];
        bytes.extend([1, 0x80 | (298 & 0x7f) as u8, (298 >> 7) as u8]);
        let graph = TaskGraph::decode(&names.join("\n"), &bytes);
        assert_eq!(graph.edges().collect::<Vec<_>>(), [(298, 299)]);
        assert!(TaskGraph::decode("", &[]).is_empty());
    }

    #[test]
    fn depth_and_width_are_those_of_the_levels() {
        let names = (0..6).map(|i| i.to_string());
        let graph = TaskGraph::new(names, [(0, 1), (0, 2), (0, 3), (1, 4), (4, 5), (0, 5)]);
        assert_eq!((graph.depth(), graph.width()), (4, 3));
        let empty = TaskGraph::new([], []);
        assert_eq!((empty.depth(), empty.width()), (0, 0));
    }

    #[test]
    fn pictures_show_names_and_edges() {
        let graph = TaskGraph::new(["T[0]".to_owned(), "say \"x\"".to_owned()], [(0, 1)]);
        assert_eq!(
            graph.to_dot(),
            "digraph {\n  0 [label=\"T[0]\"]\n  1 [label=\"say \\\"x\\\"\"]\n  0 -> 1\n}\n"
        );
        assert_eq!(
            graph.to_mermaid(),
            "flowchart TD\n  0[\"T[0]\"]\n  1[\"say #quot;x#quot;\"]\n  0 --> 1\n"
        );
    }
}
