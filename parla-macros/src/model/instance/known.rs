//! A graph that is fully known when the program is compiled, as data for the program.

use petgraph::Direction;

use super::Instance;

/// The largest graph that is written into programs: more would be felt while compiling.
const MOST_TASKS: usize = 20_000;

/// Names and dependencies in the form in which the runtime reads them.
#[derive(Debug)]
pub(crate) struct KnownGraph {
    /// A line for each task, in the order in which they are spawned.
    pub(crate) names: String,
    /// For each task the number of its dependencies and their numbers, in LEB128.
    pub(crate) dependencies: Vec<u8>,
}

impl Instance<'_> {
    /// The graph, if it is the same in every run: nothing in it is unknown, and nobody else spawns in
    /// its spaces.
    pub(crate) fn known_graph(&self) -> Option<KnownGraph> {
        let is_known = self.is_complete && self.is_exact;
        if !is_known || !(1..=MOST_TASKS).contains(&self.graph.node_count()) {
            return None;
        }
        let mut tasks = Vec::new();
        for task in self.graph.node_indices() {
            tasks.push((self.graph[task].spawned?.order, task));
        }
        tasks.sort_unstable();
        let mut numbers = vec![0; tasks.len()];
        for (number, (_, task)) in tasks.iter().enumerate() {
            numbers[task.index()] = number;
        }
        let mut known = KnownGraph {
            names: String::new(),
            dependencies: Vec::new(),
        };
        for (number, (_, task)) in tasks.iter().enumerate() {
            let name = match &self.graph[*task].place {
                Some((space, at)) => self.spaces[*space].task_name(at),
                None if self.graph[*task].label.is_empty() => format!("#{number}"),
                None => self.graph[*task].label.to_owned(),
            };
            known.names.push_str(&name.replace('\n', " "));
            known.names.push('\n');
            let before = self.graph.neighbors_directed(*task, Direction::Outgoing);
            let mut before: Vec<_> = before.map(|task| numbers[task.index()]).collect();
            before.sort_unstable();
            before.dedup();
            push(before.len(), &mut known.dependencies);
            before
                .into_iter()
                .for_each(|it| push(it, &mut known.dependencies));
        }
        Some(known)
    }
}

/// Appends a number in LEB128.
fn push(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}
