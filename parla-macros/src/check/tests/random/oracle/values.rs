//! What names, expressions, conditions and ranges stand for.

use super::{Left, Machine, Outcome, Value};
use crate::check::tests::random::program::{Adapter, Condition, Expr, Iterator, Name, Op};

impl Machine {
    pub(super) fn turns(&self, iterator: &Iterator) -> Result<Vec<i64>, Left> {
        match iterator {
            Iterator::List(elements) => self.integers(elements),
            Iterator::Range {
                start,
                end,
                is_inclusive,
                adapters,
            } => {
                let (start, end) = (self.integer(start)?, self.integer(end)?);
                if end - start > 200 {
                    return Err(Left::Refused);
                }
                let mut turns: Vec<i64> = match is_inclusive {
                    true => (start..=end).collect(),
                    false => (start..end).collect(),
                };
                for adapter in adapters {
                    match adapter {
                        Adapter::Reverse => turns.reverse(),
                        Adapter::StepBy(step) => turns = turns.into_iter().step_by(*step).collect(),
                    }
                }
                Ok(turns)
            }
        }
    }

    pub(super) fn lookup(&self, name: Name) -> Result<Value, Left> {
        let found = self.world.names.iter().rev().find(|it| it.0 == name);
        found.map(|it| it.1).ok_or(Left::Refused)
    }

    pub(super) fn number(&self, name: Name) -> Result<i64, Left> {
        match self.lookup(name)? {
            Value::Integer(value) => Ok(value),
            Value::Space(_) | Value::Handle(_) => Err(Left::Refused),
        }
    }

    pub(super) fn space(&self, name: Name) -> Result<usize, Left> {
        match self.lookup(name)? {
            Value::Space(space) => Ok(space),
            Value::Integer(_) | Value::Handle(_) => Err(Left::Refused),
        }
    }

    pub(super) fn assign(&mut self, name: Name, value: i64) -> Outcome {
        let found = self.world.names.iter_mut().rev().find(|it| it.0 == name);
        match found {
            Some((_, Value::Integer(it))) => *it = value,
            _ => return Err(Left::Refused),
        }
        Ok(())
    }

    pub(super) fn integer(&self, expr: &Expr) -> Result<i64, Left> {
        self.value(expr).ok_or(Left::Refused)
    }

    pub(super) fn integers(&self, exprs: &[Expr]) -> Result<Vec<i64>, Left> {
        exprs.iter().map(|it| self.integer(it)).collect()
    }

    pub(super) fn value(&self, expr: &Expr) -> Option<i64> {
        Some(match expr {
            Expr::Literal(value) => *value,
            Expr::Name(name) => self.number(name).ok()?,
            Expr::Binary(op, both) => {
                let (left, right) = (self.value(&both.0)?, self.value(&both.1)?);
                match op {
                    Op::Add => left.checked_add(right)?,
                    Op::Sub => left.checked_sub(right)?,
                    Op::Mul => left.checked_mul(right)?,
                    Op::Div => left.checked_div(right)?,
                    Op::Rem => left.checked_rem(right)?,
                }
            }
        })
        .filter(|it: &i64| it.abs() < 1_000_000)
    }

    pub(super) fn holds(&self, condition: &Condition) -> Result<bool, Left> {
        Ok(match condition {
            Condition::Compare(op, left, right) => {
                let (left, right) = (self.integer(left)?, self.integer(right)?);
                match *op {
                    "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    ">=" => left >= right,
                    _ => return Err(Left::Refused),
                }
            }
            Condition::Not(it) => !self.holds(it)?,
            Condition::And(both) => self.holds(&both.0)? && self.holds(&both.1)?,
            Condition::Or(both) => self.holds(&both.0)? || self.holds(&both.1)?,
        })
    }
}
