//! What statements do.

use super::{Left, MOST_EDGES, MOST_STEPS, MOST_TASKS, Machine, Outcome, Space, Value, Wait, site};
use crate::check::tests::random::program::{Block, Pattern, Stmt, Tasks};

impl Machine {
    pub(super) fn hoist(&mut self, block: &[Stmt]) {
        for stmt in block {
            if let Stmt::Const { name, value } = stmt {
                self.world.names.push((name, Value::Integer(*value)));
            }
        }
    }

    /// A block, whose names are gone behind it.
    pub(super) fn block(&mut self, block: &Block) -> Outcome {
        let names = self.world.names.len();
        self.hoist(block);
        let left = self.steps(block);
        self.world.names.truncate(names);
        left
    }

    pub(super) fn steps(&mut self, block: &[Stmt]) -> Outcome {
        block.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Outcome {
        self.steps += 1;
        let is_large = self.world.tasks.len() > MOST_TASKS || self.world.edges.len() > MOST_EDGES;
        if self.steps > MOST_STEPS || is_large {
            return Err(Left::Refused);
        }
        match stmt {
            Stmt::Space { name, shape } => {
                let extents = shape.iter().flatten().map(|it| self.integer(it));
                let extents: Vec<i64> = extents.collect::<Result<_, _>>()?;
                let shape = shape.as_ref().map(|_| extents);
                self.world.spaces.push(Space::new(shape));
                let space = Value::Space(self.world.spaces.len() - 1);
                self.world.names.push((name, space));
            }
            Stmt::Alias { name, of, .. } => {
                let space = Value::Space(self.space(of)?);
                self.world.names.push((name, space));
            }
            Stmt::Let { names, .. } => {
                let values = names.iter().map(|(_, value)| self.integer(value));
                let values: Vec<i64> = values.collect::<Result<_, _>>()?;
                let bound = names.iter().zip(values);
                let bound = bound.map(|((name, _), value)| (*name, Value::Integer(value)));
                self.world.names.extend(bound);
            }
            Stmt::Noise(_, Some(name)) => drop(self.number(name)?),
            Stmt::Const { .. } | Stmt::Noise(_, None) => {}
            Stmt::Assign { name, value } => {
                let value = self.integer(value)?;
                self.assign(name, value)?;
            }
            Stmt::For {
                label,
                variable,
                iterator,
                body,
            } => {
                for value in self.turns(iterator)? {
                    self.world.names.push((variable, Value::Integer(value)));
                    let left = self.block(body);
                    self.world.names.pop();
                    match left {
                        Err(Left::Break(of)) if of.is_none() || of == *label => break,
                        Err(Left::Continue(of)) if of.is_none() || of == *label => {}
                        other => other?,
                    }
                }
            }
            Stmt::While {
                variable,
                end,
                body,
            } => {
                while self.number(variable)? < self.integer(end)? {
                    match self.block(body) {
                        Err(Left::Break(None)) => break,
                        // Without the count at its end it would go on for ever.
                        Err(Left::Continue(None)) => return Err(Left::Refused),
                        other => other?,
                    }
                    let next = self.number(variable)? + 1;
                    self.assign(variable, next)?;
                }
            }
            Stmt::If {
                condition,
                then,
                otherwise,
            } => match (self.holds(condition)?, otherwise) {
                (true, _) => self.block(then)?,
                (false, Some(otherwise)) => self.block(otherwise)?,
                (false, None) => {}
            },
            Stmt::Match { subject, arms } => {
                let subject = self.integer(subject)?;
                let arm = arms.iter().find(|(pattern, _)| match pattern {
                    Pattern::Values(values) => values.contains(&subject),
                    Pattern::Between(first, last) => (*first..=*last).contains(&subject),
                    Pattern::Binding(_) | Pattern::Anything => true,
                });
                // The compiler wants every value to have an arm.
                let (pattern, block) = arm.ok_or(Left::Refused)?;
                let names = self.world.names.len();
                if let Pattern::Binding(name) = pattern {
                    self.world.names.push((name, Value::Integer(subject)));
                }
                let left = self.block(block);
                self.world.names.truncate(names);
                left?;
            }
            Stmt::Block(block) => self.block(block)?,
            Stmt::Break(label) => return Err(Left::Break(*label)),
            Stmt::Continue(label) => return Err(Left::Continue(*label)),
            Stmt::Return => return Err(Left::Return),
            Stmt::Spawn(spawn) => self.spawn(spawn, site(stmt))?,
            Stmt::SpawnAll { space, start, end } => {
                let space = self.space(space)?;
                for index in self.integer(start)?..self.integer(end)? {
                    if let Some(task) = self.target(space, &[index]) {
                        self.record(task, site(stmt));
                    }
                }
            }
            Stmt::Wait(tasks) => {
                let mut found = Vec::new();
                self.select(tasks, None, &mut found)?;
                if matches!(tasks, Tasks::Space(_)) {
                    found.retain(|it| self.world.tasks[it.0].spawned.is_some());
                }
                self.time += 1;
                self.world.waits.push(Wait {
                    time: self.time,
                    tasks: found.into_iter().map(|it| it.0).collect(),
                    site: site(stmt),
                });
            }
        }
        Ok(())
    }
}
