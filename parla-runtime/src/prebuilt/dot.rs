//! What can be read off a graph: its picture, its depth, its width.

use std::fmt::Write as _;

use super::Graph;

impl<Input: ?Sized> Graph<Input> {
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
        let mut dot = "digraph {\n".to_owned();
        let spawned = self.plan.spawned();
        let mut numbers = vec![0; spawned.len()];
        for (number, &node) in spawned.iter().enumerate() {
            numbers[node as usize] = number;
            let name = self.plan.name(node).to_string();
            let _infallible = writeln!(dot, "  {number} [label={name:?}]");
        }
        for (number, &node) in spawned.iter().enumerate() {
            for edge in self.plan.successors(node) {
                let _infallible = writeln!(dot, "  {number} -> {}", numbers[edge.to() as usize]);
            }
        }
        dot + "}\n"
    }

    /// The number of tasks on the longest way through the graph: no number of workers runs it in
    /// less time than those tasks take one after the other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels().len()
    }

    /// The largest number of tasks with the same depth: about how many workers it keeps busy.
    #[must_use]
    pub fn width(&self) -> usize {
        self.levels().into_iter().max().unwrap_or(0)
    }

    /// How many tasks have no predecessor, how many have one of those as their latest, and so on.
    fn levels(&self) -> Vec<usize> {
        let plan = &self.plan;
        let nodes = 0..self.len() as u32;
        let mut left: Vec<u32> = nodes.map(|node| plan.links(node).predecessors).collect();
        let mut level = plan.sources().to_vec();
        let mut widths = Vec::new();
        while !level.is_empty() {
            widths.push(level.len());
            let mut next = Vec::new();
            for edge in level.iter().flat_map(|&node| plan.successors(node)) {
                let left = &mut left[edge.to() as usize];
                *left -= 1;
                if *left == 0 {
                    next.push(edge.to());
                }
            }
            level = next;
        }
        widths
    }
}
