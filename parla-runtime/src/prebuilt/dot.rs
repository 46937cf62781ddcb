//! What can be read off a graph: its tasks and edges, its picture, its depth, its width.

use super::Graph;
use crate::task_graph::TaskGraph;

impl<Input: ?Sized> Graph<Input> {
    /// The tasks and their dependencies as data.
    #[must_use]
    pub fn to_task_graph(&self) -> TaskGraph {
        let spawned = self.plan.spawned();
        let mut numbers = vec![0; spawned.len()];
        for (number, &node) in spawned.iter().enumerate() {
            numbers[node as usize] = number;
        }
        let names = self.task_names().into_iter().map(|name| name.to_string());
        let edges = spawned.iter().enumerate().flat_map(|(number, &node)| {
            let successors = self.plan.successors(node).iter();
            successors.map(move |edge| (number, edge.to() as usize))
        });
        TaskGraph::new(names, edges.map(|(from, to)| (from, numbers[to])))
    }

    /// The graph in the language of Graphviz: a vertex for each task, an edge from each dependency
    /// to who depends on it.
    ///
    /// ```
    /// let graph = parla_runtime::Graph::<()>::new(|g| {
    ///     let t = g.task_space("T");
    ///     t.task(0).spawn(|| ());
    ///     t.task(1).deps(t.task(0)).spawn(|| ());
    /// })?;
    /// let dot = "digraph {\n  0 [label=\"T[0]\"]\n  1 [label=\"T[1]\"]\n  0 -> 1\n}\n";
    /// assert_eq!(graph.to_dot(), dot);
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        self.to_task_graph().to_dot()
    }

    /// The number of tasks on the longest way through the graph: no number of workers runs it in
    /// less time than those tasks take one after the other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.to_task_graph().depth()
    }

    /// The largest number of tasks with the same depth: about how many workers it keeps busy.
    #[must_use]
    pub fn width(&self) -> usize {
        self.to_task_graph().width()
    }
}
