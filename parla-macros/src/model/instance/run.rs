//! Goes through the steps of a flow.
//!
//! What depends on something unknown is gone through once, in doubt: its spawns may happen or not,
//! so they make no task certain, and take away the certainty that one is never spawned.

use std::cell::RefCell;

use petgraph::graph::{DiGraph, NodeIndex};

use super::values::Value;
use super::{Instance, Seen, Space, Turn, TurnId};
use crate::model::flow::{
    self, Adapter, Arm, Exit, Flow, Iterator, Label, Shape, SiteId, Step, SymbolId, Term,
    VariableId,
};

/// The instance of `flow` where symbols have the values of `trial`, as far as `budget` goes: a unit
/// is a step, a task or a dependency.
///
/// The arms that are `possible` may be taken though their conditions say no.
pub(crate) fn instantiate<'f>(
    flow: &'f Flow,
    trial: &[Option<i64>],
    possible: &[bool],
    budget: u64,
) -> Instance<'f> {
    let mut machine = Machine {
        flow,
        trial: trial.to_vec(),
        values: vec![Value::Unknown; flow.variables.len()],
        foreign: vec![None; flow.symbols.len()],
        doubt: 0,
        exits: Vec::new(),
        context: None,
        turn: 0,
        spawns: 0,
        lent: vec![false; flow.symbols.len()],
        wanted: RefCell::new(Vec::new()),
        cleared: Vec::new(),
        is_vague: false,
        possible: possible.to_vec(),
        instance: Instance {
            graph: DiGraph::new(),
            spaces: Vec::new(),
            turns: vec![Turn {
                outer: 0,
                variable: 0,
                value: 0,
            }],
            duplicates: Vec::new(),
            outside: Vec::new(),
            early_waits: Vec::new(),
            accesses: Vec::new(),
            joins: Vec::new(),
            has_strays: false,
            uses: vec![0; flow.sites.len()],
            wanted: Vec::new(),
            arms: vec![Seen::default(); flow.arms],
            is_complete: true,
            is_exact: true,
            budget,
        },
    };
    let left = machine.steps(&flow.steps);
    let mut instance = machine.instance;
    instance.is_complete = left != Err(Leave::Stop);
    let mut foreign = machine.foreign.iter().zip(&machine.lent);
    let is_lent = foreign.any(|(space, is_lent)| space.is_some() && *is_lent);
    let ours = |space: usize| !machine.foreign.contains(&Some(space));
    let mut spaces = instance.spaces.iter().enumerate();
    let is_escaped = spaces.any(|(number, space)| space.is_escaped && ours(number));
    instance.is_exact &= !is_lent && !is_escaped;
    instance.wanted = machine.wanted.into_inner();
    instance
}

/// Why steps are left before their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Exit(Exit),
    /// The budget is spent.
    Stop,
}

pub(super) struct Machine<'f> {
    pub(super) flow: &'f Flow,
    pub(super) trial: Vec<Option<i64>>,
    pub(super) values: Vec<Value>,
    /// The spaces that symbols are.
    foreign: Vec<Option<usize>>,
    /// How many things in doubt are around.
    doubt: u32,
    /// The ways out that may have been taken.
    exits: Vec<Exit>,
    /// The task whose body this is.
    pub(super) context: Option<NodeIndex>,
    pub(super) turn: TurnId,
    pub(super) spawns: u32,
    /// The symbols that something else got at.
    lent: Vec<bool>,
    wanted: RefCell<Vec<SymbolId>>,
    /// Tasks that are known to have all they need.
    pub(super) cleared: Vec<bool>,
    /// Whether the selection that was looked up last may have more tasks than were found.
    pub(super) is_vague: bool,
    /// Which arms are gone through in doubt where they are not taken; none of them if empty.
    possible: Vec<bool>,
    pub(super) instance: Instance<'f>,
}

pub(super) type Outcome = Result<(), Leave>;

impl<'f> Machine<'f> {
    /// Takes one unit of the budget.
    pub(super) fn pay(&mut self) -> Outcome {
        self.pay_for(1)
    }

    pub(super) fn pay_for(&mut self, units: usize) -> Outcome {
        match self.instance.budget.checked_sub(units as u64) {
            Some(left) => {
                self.instance.budget = left;
                Ok(())
            }
            None => Err(Leave::Stop),
        }
    }

    pub(super) fn want(&self, symbol: SymbolId) {
        let mut wanted = self.wanted.borrow_mut();
        if !wanted.contains(&symbol) {
            wanted.push(symbol);
        }
    }

    /// Whether this point is reached on every way through.
    pub(super) fn is_certain(&self) -> bool {
        self.doubt == 0 && self.exits.is_empty()
    }

    fn steps(&mut self, steps: &'f [Step]) -> Outcome {
        for step in steps {
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &'f Step) -> Outcome {
        self.pay()?;
        match step {
            Step::Set {
                variable,
                value,
                is_assignment,
            } => self.set(*variable, value, *is_assignment),
            Step::Spawn(spawn) => return self.spawn(spawn),
            Step::Wait { tasks, site } => return self.wait(tasks, *site),
            Step::Escape(variable) => match self.value(&Term::Variable(*variable)) {
                Value::Space(space) => {
                    self.instance.spaces[space].is_escaped = true;
                    self.lend_tasks();
                }
                Value::Task(_) => self.lend_tasks(),
                Value::Symbol(symbol) => self.lent[symbol as usize] = true,
                _ => {}
            },
            Step::Unseen { is_wait } => self.unseen(*is_wait),
            Step::Forget(variable) => self.values[*variable as usize] = Value::Unknown,
            Step::For {
                variable,
                iterator,
                label,
                body,
                assigned,
            } => return self.for_loop(*variable, iterator, *label, body, assigned),
            Step::While {
                condition,
                label,
                body,
                assigned,
            } => return self.while_loop(condition, *label, body, assigned),
            Step::If(arms) => return self.condition(arms),
            Step::Maybe {
                body,
                label,
                assigned,
            } => return self.maybe(*label, body, assigned),
            Step::Labelled { body, label } => {
                let left = self.steps(body);
                self.end_of(*label, left)?;
            }
            Step::Once { body, scope } => return self.once(body, *scope),
            Step::Exit(exit) => return Err(Leave::Exit(*exit)),
        }
        Ok(())
    }

    fn set(&mut self, variable: VariableId, value: &'f flow::Value, is_assignment: bool) {
        let name = &self.flow.variables[variable as usize].name;
        let value = match value {
            // Whether it is assigned depends on something unknown.
            _ if is_assignment && !self.is_certain() => Value::Unknown,
            flow::Value::Term(term) => self.value(term),
            flow::Value::Space {
                name: given,
                shape,
                owner,
            } => {
                let (shape, is_clear) = match shape {
                    Shape::None => (None, true),
                    Shape::Extents(extents) => {
                        let known: Option<Vec<_>> =
                            extents.iter().map(|it| self.integer(it)).collect();
                        let is_clear = known.is_some();
                        (known, is_clear)
                    }
                    Shape::Unknown => (None, false),
                };
                let name = given.as_deref().unwrap_or(name);
                let space = self.new_space(name, shape, !is_clear);
                self.instance.spaces[space].owner = *owner;
                Value::Space(space)
            }
        };
        self.values[variable as usize] = value;
    }

    fn new_space(&mut self, name: &'f str, shape: Option<Vec<i64>>, is_escaped: bool) -> usize {
        self.instance
            .spaces
            .push(Space::new(name, shape, is_escaped));
        self.instance.spaces.len() - 1
    }

    /// The space that a variable must hold: if it is unknown and has a name, a space of others.
    pub(super) fn base(&mut self, variable: VariableId) -> Option<usize> {
        match self.value(&Term::Variable(variable)) {
            Value::Space(space) => Some(space),
            Value::Symbol(symbol) => {
                if let Some(space) = self.foreign[symbol as usize] {
                    return Some(space);
                }
                let name = &self.flow.symbols[symbol as usize].name;
                let space = self.new_space(name, None, true);
                self.foreign[symbol as usize] = Some(space);
                Some(space)
            }
            _ => None,
        }
    }

    fn condition(&mut self, arms: &'f [Arm]) -> Outcome {
        let mut is_doubtful = false;
        for Arm {
            condition,
            body,
            number,
        } in arms
        {
            let seen = *number;
            match self.boolean(condition) {
                Some(false) => {
                    self.instance.arms[seen].refused = true;
                    if self.possible.get(seen) == Some(&true) {
                        let exits = self.exits.clone();
                        self.doubtful(body)?;
                        self.exits = exits;
                    }
                }
                Some(true) => {
                    self.instance.arms[seen].taken = true;
                    return match is_doubtful {
                        true => self.doubtful(body),
                        false => self.steps(body),
                    };
                }
                None => {
                    is_doubtful = true;
                    self.doubtful(body)?;
                }
            }
        }
        Ok(())
    }

    /// Steps that may happen or not.
    fn doubtful(&mut self, body: &'f [Step]) -> Outcome {
        self.doubt += 1;
        let left = self.steps(body);
        self.doubt -= 1;
        match left {
            Err(Leave::Exit(exit)) => {
                if !self.exits.contains(&exit) {
                    self.exits.push(exit);
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Steps that happen any number of times.
    fn maybe(&mut self, label: Label, body: &'f [Step], assigned: &[VariableId]) -> Outcome {
        self.forget(assigned);
        self.doubtful(body)?;
        self.forget(assigned);
        self.close(label);
        Ok(())
    }

    fn forget(&mut self, variables: &[VariableId]) {
        for variable in variables {
            self.values[*variable as usize] = Value::Unknown;
        }
    }

    /// What may have left the loop or the turn has no say behind it.
    fn close(&mut self, label: Label) {
        let inside = [Exit::Break(label), Exit::Continue(label)];
        self.exits.retain(|exit| !inside.contains(exit));
    }

    /// Whether to go on with the loop `label` after a turn that ended like `left`.
    fn end_of_turn(&mut self, label: Label, left: Outcome) -> Result<bool, Leave> {
        self.exits.retain(|exit| *exit != Exit::Continue(label));
        match left {
            Ok(()) => Ok(true),
            Err(Leave::Exit(Exit::Continue(of))) if of == label => Ok(true),
            Err(Leave::Exit(Exit::Break(of))) if of == label => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn end_of(&mut self, label: Label, left: Outcome) -> Outcome {
        self.close(label);
        match left {
            Err(Leave::Exit(Exit::Break(of))) if of == label => Ok(()),
            other => other,
        }
    }

    fn for_loop(
        &mut self,
        variable: VariableId,
        iterator: &'f Iterator,
        label: Label,
        body: &'f [Step],
        assigned: &[VariableId],
    ) -> Outcome {
        let outer = self.turn;
        let turn = |this: &mut Self, value: Value| {
            this.pay()?;
            this.values[variable as usize] = value;
            if let Value::Integer(value) = value {
                this.instance.turns.push(Turn {
                    outer,
                    variable,
                    value,
                });
                // The budget keeps the number of turns far below.
                this.turn = u32::try_from(this.instance.turns.len() - 1).unwrap_or(0);
            }
            let left = this.steps(body);
            this.turn = outer;
            this.end_of_turn(label, left)
        };
        match iterator {
            Iterator::Range {
                start,
                end,
                inclusive,
                adapters,
            } => {
                let Some(range) = self.progression(start, end, *inclusive, adapters) else {
                    self.values[variable as usize] = Value::Unknown;
                    return self.maybe(label, body, assigned);
                };
                for k in 0..range.count {
                    if !turn(self, Value::Integer(range.first + k * range.step))? {
                        break;
                    }
                }
            }
            Iterator::List(elements) => {
                for element in elements {
                    let value = self.value(element);
                    if !turn(self, value)? {
                        break;
                    }
                }
            }
        }
        self.close(label);
        Ok(())
    }

    pub(super) fn progression(
        &self,
        start: &Term,
        end: &Term,
        inclusive: bool,
        adapters: &[Adapter],
    ) -> Option<Progression> {
        let (start, end) = (self.integer(start)?, self.integer(end)?);
        let count = end
            .checked_sub(start)?
            .checked_add(inclusive.into())?
            .max(0);
        let mut range = Progression {
            first: start,
            count,
            step: 1,
        };
        for adapter in adapters {
            match adapter {
                Adapter::Reverse => {
                    let distance = range.step.checked_mul((range.count - 1).max(0))?;
                    range.first = range.first.checked_add(distance)?;
                    range.step = -range.step;
                }
                Adapter::StepBy(by) => {
                    let by = self.integer(by).filter(|by| *by > 0)?;
                    range.count = range.count.checked_add(by - 1)? / by;
                    range.step = range.step.checked_mul(by)?;
                }
            }
        }
        // Neither end is out of range, so nothing between them is.
        range.step.checked_mul(range.count)?;
        Some(range)
    }

    fn while_loop(
        &mut self,
        condition: &'f Term,
        label: Label,
        body: &'f [Step],
        assigned: &[VariableId],
    ) -> Outcome {
        // What is written out as true says nothing of how often it runs.
        if matches!(condition, Term::Boolean(_)) {
            return self.maybe(label, body, assigned);
        }
        loop {
            self.pay()?;
            match self.boolean(condition) {
                Some(true) => {}
                Some(false) => break,
                None => return self.maybe(label, body, assigned),
            }
            let left = self.steps(body);
            if !self.end_of_turn(label, left)? {
                break;
            }
        }
        self.close(label);
        Ok(())
    }

    /// Steps that `return` leaves, and, if they are those of a scope, the end of that scope.
    fn once(&mut self, body: &'f [Step], scope: Option<(SiteId, VariableId)>) -> Outcome {
        let spaces = self.instance.spaces.len();
        self.framed(self.context, body)?;
        match scope {
            Some((site, owner)) => self.end_scope(spaces, owner, site),
            None => Ok(()),
        }
    }

    /// `body` with ways out of its own, which may be that of a task.
    pub(super) fn framed(&mut self, context: Option<NodeIndex>, body: &'f [Step]) -> Outcome {
        let is_doubtful = !self.exits.is_empty();
        let exits = std::mem::take(&mut self.exits);
        let outer = std::mem::replace(&mut self.context, context);
        self.doubt += u32::from(is_doubtful);
        let left = self.steps(body);
        self.doubt -= u32::from(is_doubtful);
        self.context = outer;
        self.exits = exits;
        match left {
            Err(Leave::Stop) => left,
            _ => Ok(()),
        }
    }
}

/// `count` numbers from `first` on, `step` apart.
pub(super) struct Progression {
    pub(super) first: i64,
    pub(super) count: i64,
    pub(super) step: i64,
}
