//! A module as it is written: what the parser makes and the lowering reads. Plain data.

use super::arithmetic::ScalarType;
use std::collections::HashSet;

/// One text; several are linked to a module.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    /// Names that mean the same in all texts: those with a linkage. Others are the text's own.
    pub(super) shared: HashSet<&'a str>,
    pub(super) functions: Vec<Function<'a>>,
    pub(super) variables: Vec<Variable<'a>>,
}

/// A memory, as instructions and declarations name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    Generic,
    Global,
    Constant,
    Shared,
    Local,
    Parameter,
}

/// `.entry` or `.func`.
#[derive(Debug)]
pub(super) struct Function<'a> {
    pub(super) line: u32,
    pub(super) name: &'a str,
    pub(super) kernel: bool,
    pub(super) returns: Vec<Parameter<'a>>,
    pub(super) parameters: Vec<Parameter<'a>>,
    /// `.maxntid`.
    pub(super) max_threads: Option<[u32; 3]>,
    /// `.reqntid`.
    pub(super) required_threads: Option<[u32; 3]>,
    /// None: declared, not defined.
    pub(super) body: Option<Vec<Statement<'a>>>,
}

/// A formal parameter or return value.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) scalar: ScalarType,
    /// `.reg`, not `.param`.
    pub(super) register: bool,
    pub(super) bytes: u64,
    pub(super) alignment: u64,
}

/// A variable in memory.
#[derive(Debug)]
pub(super) struct Variable<'a> {
    pub(super) line: u32,
    pub(super) name: &'a str,
    pub(super) space: Space,
    /// `.extern`: defined elsewhere, or of a size that the launch gives.
    pub(super) external: bool,
    pub(super) scalar: ScalarType,
    pub(super) bytes: u64,
    pub(super) alignment: u64,
    /// The lengths of an array, outermost first; empty for one value.
    pub(super) dimensions: Vec<u64>,
    pub(super) initial: Option<Initial<'a>>,
}

/// What a variable begins with.
#[derive(Debug)]
pub(super) enum Initial<'a> {
    Value(Constant<'a>),
    List(Vec<Initial<'a>>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Constant<'a> {
    Literal(Literal),
    /// The address of a variable, plus so many bytes.
    Address {
        name: &'a str,
        addend: i64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Literal {
    /// In two's complement.
    Integer(u64),
    Single(f32),
    Double(f64),
}

#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) line: u32,
    pub(super) kind: StatementKind<'a>,
}

#[derive(Debug)]
pub(super) enum StatementKind<'a> {
    Label(&'a str),
    /// `.reg .b32 %a, %b<4>`: names, and how many of a range.
    Registers(ScalarType, Vec<(&'a str, Option<u64>)>),
    Variable(Variable<'a>),
    Scope(Vec<Statement<'a>>),
    Instruction(Instruction<'a>),
    Call(Call<'a>),
    /// The labels that a `brx.idx` may name together.
    BranchTargets(&'a str, Vec<&'a str>),
}

/// `@p` or `@!p`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard<'a> {
    pub(super) predicate: &'a str,
    pub(super) negated: bool,
}

#[derive(Debug)]
pub(super) struct Instruction<'a> {
    pub(super) guard: Option<Guard<'a>>,
    /// With all its parts.
    pub(super) opcode: &'a str,
    pub(super) operands: Vec<Operand<'a>>,
}

#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) guard: Option<Guard<'a>>,
    pub(super) returns: Vec<Operand<'a>>,
    pub(super) callee: &'a str,
    pub(super) arguments: Vec<Operand<'a>>,
}

#[derive(Debug)]
pub(super) enum Operand<'a> {
    /// A register, special register, variable or label; `_` is none.
    Name(&'a str),
    /// `!p`
    Not(&'a str),
    /// `p|q`
    Pair(&'a str, &'a str),
    Literal(Literal),
    /// `variable+4`
    Sum(&'a str, i64),
    /// `[base+4]`; without a base, an absolute address.
    Address(Option<&'a str>, i64),
    Vector(Vec<Operand<'a>>),
}
