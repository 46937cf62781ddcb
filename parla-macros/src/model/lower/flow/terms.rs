//! Expressions as [`Term`]s: arithmetic, comparisons, and names for what is unknown but fixed.

use std::ops::RangeInclusive;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{BinOp, Expr, ExprMethodCall, Lit, Type, UnOp};

use super::Lowering;
use super::blocks::has_attributes;
use super::calls::{is_path_of, string};
use crate::diag::shown;
use crate::model::Index;
use crate::model::flow::{Kind, Operator, Shape, Step, Term, Value, VariableId};
use crate::model::index::Arithmetic;

/// Methods without arguments that give the same again and again, of a variable that can't change.
const FIXED_METHODS: &[&str] = &[
    "len", "size", "rows", "cols", "columns", "nrows", "ncols", "width", "height", "depth", "count",
];

/// Methods whose value is their receiver, as far as numbers go.
const TRANSPARENT_METHODS: &[&str] = &["clone", "into", "to_owned"];

impl Lowering<'_> {
    /// The value of `expr`, with the steps of evaluating it; `name` is what it is called if it is
    /// unknown and stays the same.
    pub(super) fn value(&mut self, expr: &Expr, name: Option<&Ident>) -> Value {
        if let Some(space) = self.new_space(expr) {
            return space;
        }
        if let Some(variable) = self.alias(expr) {
            return Value::Term(Term::Variable(variable));
        }
        self.expr(expr);
        let term = self.term(expr);
        Value::Term(match name {
            _ if term.is_known() => term,
            Some(name) => self.unknown(&name.to_string()),
            None => Term::Unknown,
        })
    }

    /// The value of `expr`, where one that is unknown is at least the same for ever, if it is
    /// computed only once.
    pub(super) fn settled(&mut self, expr: &Expr) -> Term {
        let term = self.term(expr);
        if term.is_known() {
            term
        } else {
            self.unknown(&shown(expr))
        }
    }

    /// A value that nothing is known of.
    pub(super) fn unknown(&mut self, name: &str) -> Term {
        if self.repeats == 0 {
            Term::Symbol(self.symbol(name.to_owned(), Kind::Any))
        } else {
            Term::Unknown
        }
    }

    /// The variable whose value, or a reference to it, `expr` is.
    pub(super) fn alias(&mut self, expr: &Expr) -> Option<VariableId> {
        match expr {
            Expr::Path(_) | Expr::Field(_) => self.place(expr),
            Expr::Paren(it) => self.alias(&it.expr),
            Expr::Group(it) => self.alias(&it.expr),
            Expr::Reference(it) if it.mutability.is_none() => self.alias(&it.expr),
            Expr::Unary(it) if matches!(it.op, UnOp::Deref(_)) => self.alias(&it.expr),
            Expr::MethodCall(it) if it.method == "clone" && it.args.is_empty() => {
                self.alias(&it.receiver)
            }
            _ => None,
        }
    }

    /// The variable that `expr` names: a binding, or a part of one that can't change.
    fn place(&mut self, expr: &Expr) -> Option<VariableId> {
        match expr {
            Expr::Path(it) => Some(self.binding(it.path.get_ident()?)?.variable),
            Expr::Field(_) => {
                let part = self.part(expr)?;
                Some(self.part_variable(part, shown(expr), Kind::Any))
            }
            _ => None,
        }
    }

    /// The variable that stands for a part of another.
    fn part_variable(
        &mut self,
        part: (VariableId, String),
        text: String,
        kind: Kind,
    ) -> VariableId {
        if let Some(&variable) = self.parts.get(&part) {
            return variable;
        }
        let symbol = self.symbol(text.clone(), kind);
        let variable = self.variable(text);
        let is_volatile = self
            .touched
            .get(&part.0)
            .is_some_and(|any| *any || is_said(&part.1));
        self.flow.variables[variable as usize].is_volatile = is_volatile;
        // In front of everything, so that it holds in every branch.
        self.flow.steps.push(Step::Set {
            variable,
            value: Value::Term(Term::Symbol(symbol)),
            is_assignment: false,
        });
        self.parts.insert(part, variable);
        variable
    }

    /// `a.b.c` as `a` and `.b.c`, if there is one `a` and it can't change.
    fn part(&self, expr: &Expr) -> Option<(VariableId, String)> {
        match expr {
            Expr::Path(it) => {
                let binding = self.binding(it.path.get_ident()?)?;
                let is_fixed = !binding.is_mutable && !binding.is_repeated;
                is_fixed.then(|| (binding.variable, String::new()))
            }
            Expr::Field(it) => {
                let (owner, mut part) = self.part(&it.base)?;
                part.push('.');
                part.push_str(&it.member.to_token_stream().to_string());
                Some((owner, part))
            }
            Expr::Paren(it) => self.part(&it.expr),
            Expr::Group(it) => self.part(&it.expr),
            Expr::Reference(it) if it.mutability.is_none() => self.part(&it.expr),
            _ => None,
        }
    }

    /// An index of the macros' notation.
    pub(super) fn index(&mut self, index: &Index) -> Term {
        match index {
            Index::Literal { value, .. } => self.literal(*value),
            Index::Leaf(expr) => self.term(expr),
            Index::Negative { operand, .. } => negative(self.index(operand)),
            Index::Parentheses { inner, .. } => self.index(inner),
            Index::Binary {
                left, op, right, ..
            } => {
                let (left, right) = (self.index(left), self.index(right));
                binary(Operator::Arithmetic(*op), left, right)
            }
        }
    }

    /// The computation that `expr` is. Evaluating it has no effect here: that is
    /// [`expr`](Self::expr).
    pub(super) fn term(&mut self, expr: &Expr) -> Term {
        match expr {
            Expr::Lit(it) => match &it.lit {
                Lit::Int(int) => match int.base10_parse() {
                    Ok(value) => self.literal(value),
                    Err(_) => Term::Unknown,
                },
                Lit::Bool(bool) => Term::Boolean(bool.value),
                Lit::Byte(byte) => self.literal(byte.value().into()),
                Lit::Char(char) => self.literal(u32::from(char.value()).into()),
                _ => Term::Unknown,
            },
            Expr::Path(it) => match it.path.get_ident().and_then(|it| self.binding(it)) {
                Some(binding) => Term::Variable(binding.variable),
                None => self.constant(expr),
            },
            Expr::Field(_) => match self.place(expr) {
                Some(variable) => Term::Variable(variable),
                None => Term::Unknown,
            },
            Expr::Paren(it) => self.term(&it.expr),
            Expr::Group(it) => self.term(&it.expr),
            Expr::Cast(it) => match numbers_of(&it.ty) {
                Some(numbers) => Term::Cast(Box::new(self.term(&it.expr)), numbers),
                None => Term::Unknown,
            },
            Expr::Reference(it) if it.mutability.is_none() => self.term(&it.expr),
            Expr::Unary(it) => match it.op {
                UnOp::Neg(_) => negative(self.term(&it.expr)),
                UnOp::Not(_) => Term::Not(Box::new(self.term(&it.expr))),
                UnOp::Deref(_) => self.term(&it.expr),
                _ => Term::Unknown,
            },
            Expr::Binary(it) => {
                let Some((op, swap)) = operator(&it.op) else {
                    return Term::Unknown;
                };
                let (left, right) = (self.term(&it.left), self.term(&it.right));
                if let (Operator::ShiftRight, Term::Integer(by)) = (op, &right) {
                    // As of a division, what matters is beyond this number.
                    let divisor = u32::try_from(*by).ok().and_then(|by| 1_i64.checked_shl(by));
                    self.flow.literals.extend(divisor.filter(|it| *it > 0));
                }
                if swap {
                    binary(op, right, left)
                } else {
                    binary(op, left, right)
                }
            }
            Expr::MethodCall(it) => self.method(it),
            _ => Term::Unknown,
        }
    }

    fn literal(&mut self, value: i64) -> Term {
        self.flow.literals.insert(value);
        Term::Integer(value)
    }

    fn method(&mut self, call: &ExprMethodCall) -> Term {
        let name = call.method.to_string();
        let two = match name.as_str() {
            "min" => Some(Operator::Minimum),
            "max" => Some(Operator::Maximum),
            "pow" => Some(Operator::Power),
            "div_ceil" => Some(Operator::DivideUp),
            "saturating_sub" => Some(Operator::SaturatingSubtract),
            _ => None,
        };
        match (two, call.args.len()) {
            (_, 1) if name == "is_multiple_of" => {
                let (left, right) = (self.term(&call.receiver), self.term(&call.args[0]));
                let remainder = binary(Operator::Arithmetic(Arithmetic::Rem), left, right);
                return binary(Operator::Equal, remainder, Term::Integer(0));
            }
            (Some(op), 1) => {
                let (left, right) = (self.term(&call.receiver), self.term(&call.args[0]));
                return binary(op, left, right);
            }
            (_, 0) => {}
            _ => return Term::Unknown,
        }
        if name == "is_power_of_two" {
            return power_of_two(self.term(&call.receiver));
        }
        if TRANSPARENT_METHODS.contains(&name.as_str()) {
            return self.term(&call.receiver);
        }
        if FIXED_METHODS.contains(&name.as_str())
            && let Some((owner, mut part)) = self.part(&call.receiver)
        {
            part.push_str(&format!(".{name}()"));
            return Term::Variable(self.part_variable((owner, part), shown(call), Kind::Unsigned));
        }
        Term::Unknown
    }

    /// A constant or a static of somewhere else.
    fn constant(&mut self, expr: &Expr) -> Term {
        let text = shown(expr).replace(' ', "");
        if let Some(&symbol) = self.constants.get(&text) {
            return Term::Symbol(symbol);
        }
        let symbol = self.symbol(text.clone(), Kind::Any);
        self.constants.insert(text, symbol);
        Term::Symbol(symbol)
    }

    /// The name and the shape of the space that `expr` makes.
    fn new_space(&mut self, expr: &Expr) -> Option<Value> {
        let mut owner = None;
        let mut is_ours = true;
        let args = match expr {
            Expr::Reference(it) => return self.new_space(&it.expr),
            Expr::Paren(it) => return self.new_space(&it.expr),
            Expr::Call(it) => {
                let is_new = is_path_of(&it.func, "TaskSpace", &["new", "with_shape"]);
                is_new.then_some(&it.args)?
            }
            Expr::MethodCall(it) => {
                if it.method != "task_space" && it.method != "task_space_with_shape" {
                    return None;
                }
                owner = self.alias(&it.receiver);
                // Of other types a method of this name may give a space that others have.
                is_ours = match owner {
                    Some(owner) => self.makers.contains(&owner),
                    None => is_maker(&it.receiver),
                };
                &it.args
            }
            _ => return None,
        };
        args.iter().for_each(|it| self.expr(it));
        let name = args.first().and_then(string);
        let shape = match args.get(1) {
            _ if !is_ours => Shape::Unknown,
            None => Shape::None,
            Some(Expr::Array(extents)) if !extents.elems.iter().any(has_attributes) => {
                Shape::Extents(extents.elems.iter().map(|it| self.settled(it)).collect())
            }
            Some(_) => Shape::Unknown,
        };
        Some(Value::Space { name, shape, owner })
    }
}

impl Term {
    /// Whether no part of it is unknown.
    pub(super) fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::Not(it) | Self::Negative(it) | Self::Cast(it, _) | Self::Single(it) => {
                it.is_known()
            }
            Self::Binary(_, both) => both.0.is_known() && both.1.is_known(),
            Self::Integer(_) | Self::Boolean(_) | Self::Variable(_) | Self::Symbol(_) => true,
        }
    }
}

/// Whether `expr` makes or finds a runtime.
pub(super) fn is_maker(expr: &Expr) -> bool {
    match expr {
        Expr::Call(it) => {
            is_path_of(&it.func, "Handle", &["current"])
                || is_path_of(&it.func, "Runtime", &["new"])
        }
        Expr::Try(it) => is_maker(&it.expr),
        Expr::MethodCall(it) if it.method == "unwrap" => is_maker(&it.receiver),
        _ => false,
    }
}

/// Whether `expr` is a call of a function of a type of data, which makes some.
pub(super) fn makes_data(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    let Expr::Path(func) = &*call.func else {
        return false;
    };
    let owner = func.path.segments.iter().rev().nth(1);
    owner.is_some_and(|it| super::is_data(&it.ident.clone().into()))
}

/// Whether `part` is what a method says.
pub(super) fn is_said(part: &str) -> bool {
    part.ends_with(')')
}

pub(super) fn binary(op: Operator, left: Term, right: Term) -> Term {
    Term::Binary(op, Box::new((left, right)))
}

/// The numbers of an integer type, as far as there are `i64`s for them.
fn numbers_of(ty: &Type) -> Option<RangeInclusive<i64>> {
    let Type::Path(path) = ty else { return None };
    Some(match path.path.get_ident()?.to_string().as_str() {
        "u8" => 0..=u8::MAX.into(),
        "u16" => 0..=u16::MAX.into(),
        "u32" => 0..=u32::MAX.into(),
        "u64" | "u128" | "usize" => 0..=i64::MAX,
        "i8" => i8::MIN.into()..=i8::MAX.into(),
        "i16" => i16::MIN.into()..=i16::MAX.into(),
        "i32" => i32::MIN.into()..=i32::MAX.into(),
        "i64" | "i128" | "isize" => i64::MIN..=i64::MAX,
        _ => return None,
    })
}

/// Whether a number has a single bit: none is left without the lowest, and there is one.
fn power_of_two(term: Term) -> Term {
    let subtract = Operator::Arithmetic(Arithmetic::Sub);
    let below = binary(subtract, term.clone(), Term::Integer(1));
    let others = binary(Operator::BitAnd, term.clone(), below);
    let is_one = binary(Operator::Equal, others, Term::Integer(0));
    let is_any = binary(Operator::Less, Term::Integer(0), term);
    binary(Operator::And, is_any, is_one)
}

fn negative(term: Term) -> Term {
    match term {
        Term::Integer(value) => value.checked_neg().map_or(Term::Unknown, Term::Integer),
        term => Term::Negative(Box::new(term)),
    }
}

/// The operator, and whether its operands change places.
pub(super) fn operator(op: &BinOp) -> Option<(Operator, bool)> {
    let op = match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => Operator::Arithmetic(Arithmetic::Add),
        BinOp::Sub(_) | BinOp::SubAssign(_) => Operator::Arithmetic(Arithmetic::Sub),
        BinOp::Mul(_) | BinOp::MulAssign(_) => Operator::Arithmetic(Arithmetic::Mul),
        BinOp::Div(_) | BinOp::DivAssign(_) => Operator::Arithmetic(Arithmetic::Div),
        BinOp::Rem(_) | BinOp::RemAssign(_) => Operator::Arithmetic(Arithmetic::Rem),
        BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => Operator::BitAnd,
        BinOp::BitOr(_) | BinOp::BitOrAssign(_) => Operator::BitOr,
        BinOp::BitXor(_) | BinOp::BitXorAssign(_) => Operator::BitXor,
        BinOp::Shl(_) | BinOp::ShlAssign(_) => Operator::ShiftLeft,
        BinOp::Shr(_) | BinOp::ShrAssign(_) => Operator::ShiftRight,
        BinOp::Eq(_) => Operator::Equal,
        BinOp::Ne(_) => Operator::NotEqual,
        BinOp::Lt(_) => Operator::Less,
        BinOp::Le(_) => Operator::LessOrEqual,
        BinOp::Gt(_) => return Some((Operator::Less, true)),
        BinOp::Ge(_) => return Some((Operator::LessOrEqual, true)),
        BinOp::And(_) => Operator::And,
        BinOp::Or(_) => Operator::Or,
        _ => return None,
    };
    Some((op, false))
}
