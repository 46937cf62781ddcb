//! Terms and their values.

use petgraph::graph::NodeIndex;

use super::run::Machine;
use crate::model::flow::{Kind, Operator, SymbolId, Term};
use crate::model::index::Arithmetic;

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Unknown,
    Integer(i64),
    Boolean(bool),
    /// Something unknown that has a name.
    Symbol(SymbolId),
    Space(usize),
    Task(NodeIndex),
}

impl Machine<'_> {
    /// The value of `term`, with symbols left as they are.
    pub(super) fn value(&self, term: &Term) -> Value {
        match term {
            Term::Integer(value) => Value::Integer(*value),
            Term::Boolean(value) => Value::Boolean(*value),
            Term::Symbol(symbol) => Value::Symbol(*symbol),
            Term::Variable(variable) => {
                let variable = *variable as usize;
                if self.flow.variables[variable].is_volatile {
                    Value::Unknown
                } else {
                    self.values[variable]
                }
            }
            Term::Not(inner) => match self.known(inner) {
                Value::Boolean(value) => Value::Boolean(!value),
                // Of an integer it depends on its type.
                _ => Value::Unknown,
            },
            Term::Negative(inner) => match self.known(inner) {
                Value::Integer(value) => integer(value.checked_neg()),
                _ => Value::Unknown,
            },
            Term::Cast(inner, numbers) => match self.known(inner) {
                Value::Integer(value) if numbers.contains(&value) => Value::Integer(value),
                _ => Value::Unknown,
            },
            Term::Binary(op, both) => self.binary(*op, &both.0, &both.1),
            Term::Single(inner) => match self.value(inner) {
                Value::Symbol(symbol) if self.flow.symbols[symbol as usize].kind == Kind::Any => {
                    Value::Unknown
                }
                value => value,
            },
            Term::Unknown => Value::Unknown,
        }
    }

    /// The value of `term`, with the value under trial for a symbol.
    pub(super) fn known(&self, term: &Term) -> Value {
        match self.value(term) {
            Value::Symbol(symbol) => match self.trial[symbol as usize] {
                Some(value) => Value::Integer(value),
                None => {
                    self.want(symbol);
                    Value::Unknown
                }
            },
            value => value,
        }
    }

    pub(super) fn integer(&self, term: &Term) -> Option<i64> {
        match self.known(term) {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The truth of a condition. For a symbol there are only integers to try.
    pub(super) fn boolean(&self, term: &Term) -> Option<bool> {
        if let Value::Symbol(_) = self.value(term) {
            return None;
        }
        match self.known(term) {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    fn binary(&self, op: Operator, left: &Term, right: &Term) -> Value {
        let (left, right) = (self.known(left), self.known(right));
        match (op, left, right) {
            // One false side decides whatever the other is; so does one that is true.
            (Operator::And, Value::Boolean(false), _)
            | (Operator::And, _, Value::Boolean(false)) => Value::Boolean(false),
            (Operator::Or, Value::Boolean(true), _) | (Operator::Or, _, Value::Boolean(true)) => {
                Value::Boolean(true)
            }
            (_, Value::Integer(left), Value::Integer(right)) => integers(op, left, right),
            (_, Value::Boolean(left), Value::Boolean(right)) => booleans(op, left, right),
            _ => Value::Unknown,
        }
    }
}

fn integer(value: Option<i64>) -> Value {
    value.map_or(Value::Unknown, Value::Integer)
}

fn integers(op: Operator, left: i64, right: i64) -> Value {
    let shift = || u32::try_from(right).ok().filter(|it| *it < 63);
    integer(match op {
        Operator::Arithmetic(Arithmetic::Add) => left.checked_add(right),
        Operator::Arithmetic(Arithmetic::Sub) => left.checked_sub(right),
        Operator::Arithmetic(Arithmetic::Mul) => left.checked_mul(right),
        Operator::Arithmetic(Arithmetic::Div) => left.checked_div(right),
        Operator::Arithmetic(Arithmetic::Rem) => left.checked_rem(right),
        Operator::Minimum => Some(left.min(right)),
        Operator::Maximum => Some(left.max(right)),
        Operator::Power => u32::try_from(right)
            .ok()
            .and_then(|it| left.checked_pow(it)),
        Operator::DivideUp if left >= 0 && right > 0 => {
            left.checked_add(right - 1).map(|it| it / right)
        }
        // What it does below zero depends on the type.
        Operator::SaturatingSubtract if left >= 0 && right >= 0 => Some((left - right).max(0)),
        Operator::BitAnd => Some(left & right),
        Operator::BitOr => Some(left | right),
        Operator::BitXor => Some(left ^ right),
        Operator::ShiftLeft => shift().and_then(|it| left.checked_mul(1 << it)),
        Operator::ShiftRight => shift().map(|it| left >> it),
        Operator::Equal => return Value::Boolean(left == right),
        Operator::NotEqual => return Value::Boolean(left != right),
        Operator::Less => return Value::Boolean(left < right),
        Operator::LessOrEqual => return Value::Boolean(left <= right),
        Operator::DivideUp | Operator::SaturatingSubtract | Operator::And | Operator::Or => None,
    })
}

fn booleans(op: Operator, left: bool, right: bool) -> Value {
    Value::Boolean(match op {
        Operator::And | Operator::BitAnd => left & right,
        Operator::Or | Operator::BitOr => left | right,
        Operator::NotEqual | Operator::BitXor => left ^ right,
        Operator::Equal => left == right,
        _ => return Value::Unknown,
    })
}
