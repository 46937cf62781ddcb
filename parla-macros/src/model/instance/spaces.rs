//! Task spaces of an instance: which tasks they have, and who may add others.

use std::collections::HashMap;

use petgraph::graph::NodeIndex;

use super::Coordinates;
use crate::model::flow::VariableId;

/// A space that the function makes or is given.
#[derive(Debug)]
pub(crate) struct Space<'f> {
    /// Its own name, or that of the first variable that holds it.
    pub(crate) name: &'f str,
    /// Its extents; without any, every index that is not negative names a task.
    pub(crate) shape: Option<Vec<i64>>,
    /// The variable that made it, if it is the parameter of a scope or of a graph.
    pub(crate) owner: Option<VariableId>,
    /// Whether others may spawn in it, or which indices name a task is unknown.
    pub(crate) is_escaped: bool,
    /// Whether something was spawned in it that may be any task of it.
    pub(crate) is_open: bool,
    tasks: Tasks,
    /// All tasks, in the order in which they were first named.
    pub(crate) named: Vec<NodeIndex>,
}

impl<'f> Space<'f> {
    pub(super) fn new(name: &'f str, shape: Option<Vec<i64>>, is_escaped: bool) -> Self {
        Self {
            name,
            shape,
            owner: None,
            is_escaped,
            is_open: false,
            tasks: Tasks::default(),
            named: Vec::new(),
        }
    }

    /// Whether `at` names a task.
    pub(super) fn contains(&self, at: &Coordinates) -> bool {
        let at = at.as_slice();
        for index in at {
            if *index < 0 {
                return false;
            }
        }
        let Some(extents) = &self.shape else {
            return true;
        };
        let mut both = at.iter().zip(extents);
        at.len() == extents.len() && both.all(|(it, extent)| i64::from(*it) < *extent)
    }

    pub(super) fn task(&self, at: &Coordinates) -> Option<NodeIndex> {
        self.tasks.get(at)
    }

    pub(super) fn add(&mut self, at: Coordinates, task: NodeIndex) {
        self.tasks.insert(at, task);
        self.named.push(task);
    }

    /// `T[1, 2]`.
    pub(crate) fn task_name(&self, at: &Coordinates) -> String {
        let indices: Vec<_> = at.as_slice().iter().map(i32::to_string).collect();
        format!("{}[{}]", self.name, indices.join(", "))
    }
}

/// Tasks by their place. Macros are built without optimisation, where a look into a table costs a
/// tenth of one into a map.
#[derive(Debug, Default)]
struct Tasks {
    /// By row and column; a single index is a column of the first row.
    rows: [Vec<Vec<u32>>; 2],
    /// What doesn't fit there.
    others: HashMap<Coordinates, NodeIndex>,
}

impl Tasks {
    /// The most rows, and the most columns of a row, that are held in a table.
    const MOST: usize = 1 << 18;
    /// No task.
    const NONE: u32 = 0;

    /// Which table, which row, which column.
    fn cell(at: &Coordinates) -> Option<(usize, usize, usize)> {
        let (row, column) = match *at.as_slice() {
            [column] => (0, column),
            [row, column] => (row, column),
            _ => return None,
        };
        let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
        let fits = row < Self::MOST && column < Self::MOST;
        fits.then_some((at.as_slice().len() - 1, row, column))
    }

    fn get(&self, at: &Coordinates) -> Option<NodeIndex> {
        let Some((table, row, column)) = Self::cell(at) else {
            return self.others.get(at).copied();
        };
        match self.rows[table].get(row)?.get(column) {
            None | Some(&Self::NONE) => None,
            Some(task) => Some(NodeIndex::new(*task as usize - 1)),
        }
    }

    fn insert(&mut self, at: Coordinates, task: NodeIndex) {
        let number = u32::try_from(task.index() + 1);
        let (Some((table, row, column)), Ok(number)) = (Self::cell(&at), number) else {
            self.others.insert(at, task);
            return;
        };
        let rows = &mut self.rows[table];
        if row >= rows.len() {
            rows.resize_with((row + 1).max(rows.len() * 2), Vec::new);
        }
        let row = &mut rows[row];
        if column >= row.len() {
            // Zeroed memory costs nothing, filling it does.
            let mut longer = vec![Self::NONE; (column + 1).max(row.len() * 2)];
            longer[..row.len()].copy_from_slice(row);
            *row = longer;
        }
        row[column] = number;
    }
}
