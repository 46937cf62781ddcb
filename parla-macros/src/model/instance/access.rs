//! What tasks use, and what orders them beside their dependencies, where accesses don't.

use petgraph::graph::NodeIndex;

use super::region::{Elements, Region};
use super::run::Machine;
use super::values::Value;
use super::{Join, Leave};
use crate::model::Mode;
use crate::model::flow::{AccessStep, Extent, Kind, Selection, SiteId, SymbolId, Term, VariableId};

/// An access of a task that the function itself spawns on every way through.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) task: NodeIndex,
    /// What holds the data.
    pub(crate) variable: VariableId,
    /// The data: what is the same symbol is the same array.
    pub(crate) array: SymbolId,
    pub(crate) mode: Mode,
    pub(crate) region: Region,
    pub(crate) site: SiteId,
    /// How often this place in the source was used before.
    pub(crate) ordinal: u32,
}

impl<'f> Machine<'f> {
    pub(super) fn access(&mut self, task: NodeIndex, step: &'f AccessStep) -> Result<(), Leave> {
        self.pay()?;
        let is_read = step.mode == Mode::Input;
        let array = match self.value(&Term::Variable(step.data)) {
            Value::Task(_) | Value::Space(_) if is_read && step.dims.is_none() => {
                return self.depend(task, &Selection::Variable(step.data), step.site);
            }
            Value::Symbol(symbol) if self.flow.symbols[symbol as usize].kind != Kind::Space => {
                symbol
            }
            _ => {
                // It may be a task.
                self.instance.graph[task].may_wait |= is_read;
                return Ok(());
            }
        };
        let axes = step.dims.iter().flatten().map(|it| self.elements(it));
        let region = Region::new(axes.collect());
        if self.context.is_some() || region.is_empty() {
            return Ok(());
        }
        let uses = &mut self.instance.uses[step.site as usize];
        self.instance.accesses.push(Access {
            task,
            variable: step.data,
            array,
            mode: step.mode,
            region,
            site: step.site,
            ordinal: *uses,
        });
        *uses += 1;
        Ok(())
    }

    fn elements(&self, extent: &Extent) -> Option<Elements> {
        match extent {
            Extent::At(index) => Elements::at(self.integer(index)?),
            Extent::Range { start, end, step } => {
                let start = start.as_ref().map_or(Some(0), |it| self.integer(it))?;
                let end = match end {
                    Some(end) => Some(self.integer(end)?),
                    None => None,
                };
                Elements::range(start, end, self.integer(step)?)
            }
        }
    }

    /// The function has waited for `tasks`, or, if `is_vague`, perhaps for any that it has spawned.
    pub(super) fn joined(&mut self, tasks: &[NodeIndex], is_vague: bool) {
        if !self.flow.is_explicit {
            return;
        }
        match self.context {
            None => self.instance.joins.push(Join {
                tasks: tasks.to_vec(),
                is_vague,
                order: self.spawns,
            }),
            Some(context) => self.instance.graph[context].may_wait |= is_vague,
        }
    }

    /// Something ran that is not seen.
    pub(super) fn unseen(&mut self, is_wait: bool) {
        match self.context {
            Some(context) if !is_wait => self.instance.graph[context].has_unseen = true,
            _ => self.joined(&[], true),
        }
    }

    /// Something that is not understood has got a task, or a space.
    pub(super) fn lend_tasks(&mut self) {
        self.instance.has_strays = true;
        if let Some(context) = self.context {
            self.instance.graph[context].may_wait = true;
        }
    }
}
