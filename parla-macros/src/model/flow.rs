//! What a graph function does with task spaces, as a small language: integers, loops, conditions,
//! spawns, waits.
//!
//! Whatever the language has no word for is `Unknown`; what it might do to a space is an
//! [`Step::Escape`], after which others may spawn there.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::Mode;
use super::index::Arithmetic;
use crate::diag::Site;

/// A function body.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) variables: Vec<Variable>,
    pub(crate) symbols: Vec<Symbol>,
    /// The places in the source that steps are about.
    pub(crate) sites: Vec<Site>,
    pub(crate) steps: Vec<Step>,
    /// How many arms there are in all.
    pub(crate) arms: usize,
    /// Whether accesses don't order tasks, so that it matters what else does.
    pub(crate) is_explicit: bool,
    /// The integers that are written out.
    pub(crate) literals: BTreeSet<i64>,
}

/// A binding, by its number in [`Flow::variables`].
pub(crate) type VariableId = u32;
/// An unknown value, by its number in [`Flow::symbols`].
pub(crate) type SymbolId = u32;
/// A place in the source, by its number in [`Flow::sites`].
pub(crate) type SiteId = u32;

/// One binding; a name that is bound twice makes two.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Whether something that runs at an unknown time may change it.
    pub(crate) is_volatile: bool,
}

/// A value that is unknown, but the same whenever it is looked at.
#[derive(Debug)]
pub(crate) struct Symbol {
    /// What the source calls it.
    pub(crate) name: String,
    /// What is known of its type.
    pub(crate) kind: Kind,
}

/// What a symbol can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A space, a number, indices, or something else.
    Any,
    /// Arrays and the like, and no tasks.
    Data,
    /// A task space.
    Space,
    Integer,
    /// An integer that is not negative.
    Unsigned,
}

/// What happens, in the order in which it happens.
#[derive(Debug)]
pub(crate) enum Step {
    /// `let variable = value;`, or an assignment.
    Set {
        variable: VariableId,
        value: Value,
        is_assignment: bool,
    },
    Spawn(Box<SpawnStep>),
    /// The function, or the body that this stands in, goes on when all of `tasks` have ended.
    Wait {
        tasks: Selection,
        site: SiteId,
    },
    /// Something that is not understood gets at the variable: if it is a space, anybody may spawn
    /// there from now on.
    Escape(VariableId),
    /// Code runs that is not seen. It may wait for tasks; whether it says so by awaiting something.
    /// Only where accesses don't order tasks.
    Unseen {
        is_wait: bool,
    },
    /// The variable may have any value from now on.
    Forget(VariableId),
    For {
        variable: VariableId,
        iterator: Iterator,
        label: Label,
        body: Vec<Step>,
        assigned: Vec<VariableId>,
    },
    While {
        condition: Term,
        label: Label,
        body: Vec<Step>,
        assigned: Vec<VariableId>,
    },
    /// The first arm whose condition is true.
    If(Vec<Arm>),
    /// Runs any number of times, also never.
    Maybe {
        body: Vec<Step>,
        label: Label,
        assigned: Vec<VariableId>,
    },
    /// Runs once; `break` with its label leaves it.
    Labelled {
        body: Vec<Step>,
        label: Label,
    },
    /// Runs once; `return` leaves it.
    Once {
        body: Vec<Step>,
        /// Where, and by what variable spaces are made, if what is spawned in these ends with it.
        scope: Option<(SiteId, VariableId)>,
    },
    Exit(Exit),
}

/// One way that a condition opens.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) condition: Term,
    pub(crate) body: Vec<Step>,
    /// Its own, below [`Flow::arms`].
    pub(crate) number: usize,
}

/// What `break` and `continue` name; every loop has one of its own.
pub(crate) type Label = u32;

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Break(Label),
    Continue(Label),
    Return,
}

/// What a variable is set to.
#[derive(Debug)]
pub(crate) enum Value {
    Term(Term),
    /// A new task space.
    Space {
        /// Its name, where it is written out.
        name: Option<String>,
        shape: Shape,
        /// The parameter of a scope or of a graph that makes it.
        owner: Option<VariableId>,
    },
}

/// What is known of the shape of a space.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any index that is not negative names a task.
    None,
    /// Those within the extents do.
    Extents(Vec<Term>),
    Unknown,
}

/// A computation without effects.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Integer(i64),
    Boolean(bool),
    Variable(VariableId),
    Symbol(SymbolId),
    Not(Box<Term>),
    Negative(Box<Term>),
    Binary(Operator, Box<(Term, Term)>),
    /// The same number in a type that has only these.
    Cast(Box<Term>, RangeInclusive<i64>),
    /// A value that is taken for a number only if it is known to be one: it may be several indices.
    Single(Box<Term>),
    Unknown,
}

/// The operations of [`Term`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Arithmetic(Arithmetic),
    Minimum,
    Maximum,
    Power,
    DivideUp,
    /// A difference, or 0 where it would be negative.
    SaturatingSubtract,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    And,
    Or,
}

/// What a `for` goes over.
#[derive(Debug)]
pub(crate) enum Iterator {
    Range {
        start: Term,
        end: Term,
        inclusive: bool,
        adapters: Vec<Adapter>,
    },
    List(Vec<Term>),
}

/// What is done to a range.
#[derive(Debug)]
pub(crate) enum Adapter {
    Reverse,
    StepBy(Term),
}

/// Some tasks.
#[derive(Debug)]
pub(crate) enum Selection {
    /// What the variable holds: a task, or a space, which means all tasks that exist.
    Variable(VariableId),
    /// All tasks of a space that have been spawned.
    Spawned(VariableId),
    /// `base[dims]`.
    Subscript { base: VariableId, dims: Vec<Extent> },
    /// Nobody knows which.
    Unknown,
}

/// The indices of one dimension, of tasks or of elements.
#[derive(Debug)]
pub(crate) enum Extent {
    At(Term),
    Range {
        start: Option<Term>,
        /// The first index that is left out.
        end: Option<Term>,
        step: Term,
    },
}

/// One spawn.
#[derive(Debug)]
pub(crate) struct SpawnStep {
    /// What the handle is bound to.
    pub(crate) handle: Option<VariableId>,
    pub(crate) target: SpawnTarget,
    /// The target, or where the body begins if there is none.
    pub(crate) site: SiteId,
    /// What it is called in messages if it has no place in a space; may be empty.
    pub(crate) label: String,
    pub(crate) dependencies: Vec<(Selection, SiteId)>,
    /// Where accesses don't order tasks, what it uses.
    pub(crate) accesses: Vec<AccessStep>,
    pub(crate) body: Vec<Step>,
}

/// An access of a task that is spawned.
#[derive(Debug)]
pub(crate) struct AccessStep {
    pub(crate) mode: Mode,
    /// What holds the data.
    pub(crate) data: VariableId,
    /// The region, where one is selected: axes that are left out belong to it as a whole.
    pub(crate) dims: Option<Vec<Extent>>,
    pub(crate) site: SiteId,
}

/// Which task, or which tasks, a spawn makes.
#[derive(Debug)]
pub(crate) enum SpawnTarget {
    Anonymous,
    Place {
        base: VariableId,
        indices: Vec<Term>,
        /// Whether the notation alone shows that `base` is a space. A method called `task` does not.
        is_space: bool,
    },
    /// One for each index, at once.
    All {
        base: VariableId,
        start: Term,
        end: Term,
    },
    /// Somewhere in a space, if it is one.
    Somewhere(Option<VariableId>),
}
