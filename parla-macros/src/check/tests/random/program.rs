//! Graph functions as data: every number in them is known, and every name is resolved by scope.

pub(super) type Name = &'static str;

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) entry: Entry,
    /// Whether it waits with `.await` rather than `.wait()`.
    pub(super) is_async: bool,
    /// Whether accesses don't order tasks; otherwise there are none.
    pub(super) is_explicit: bool,
    pub(super) body: Block,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Main,
    Test,
    TaskGraph,
}

pub(super) type Block = Vec<Stmt>;

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Literal(i64),
    Name(Name),
    Binary(Op, Box<(Expr, Expr)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// The operator as it is written.
    Compare(&'static str, Expr, Expr),
    Not(Box<Condition>),
    And(Box<(Condition, Condition)>),
    Or(Box<(Condition, Condition)>),
}

#[derive(Clone, Debug)]
pub(super) enum Stmt {
    /// `let name = TaskSpace::new(…);`
    Space {
        name: Name,
        shape: Option<Vec<Expr>>,
    },
    /// `let name = &of;`, or a clone of it.
    Alias {
        name: Name,
        of: Name,
        clones: bool,
    },
    /// Several names make a tuple.
    Let {
        names: Vec<(Name, Expr)>,
        is_mutable: bool,
    },
    /// In scope from the beginning of its block.
    Const {
        name: Name,
        value: i64,
    },
    /// `name = value;`
    Assign {
        name: Name,
        value: Expr,
    },
    For {
        label: Option<Name>,
        variable: Name,
        iterator: Iterator,
        body: Block,
    },
    /// `while variable < end { …; variable += 1; }`
    While {
        variable: Name,
        end: Expr,
        body: Block,
    },
    If {
        condition: Condition,
        then: Block,
        otherwise: Option<Block>,
    },
    Match {
        subject: Expr,
        arms: Vec<(Pattern, Block)>,
    },
    Block(Block),
    Break(Option<Name>),
    Continue(Option<Name>),
    Return,
    Spawn(Spawn),
    /// `space.spawn_all(start..end, |i| i);`
    SpawnAll {
        space: Name,
        start: Expr,
        end: Expr,
    },
    Wait(Tasks),
    /// Text without a meaning for the graph, and the number that it names.
    Noise(String, Option<Name>),
}

#[derive(Clone, Debug)]
pub(super) enum Iterator {
    Range {
        start: Expr,
        end: Expr,
        is_inclusive: bool,
        adapters: Vec<Adapter>,
    },
    List(Vec<Expr>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Adapter {
    Reverse,
    StepBy(usize),
}

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// `1 | 4`
    Values(Vec<i64>),
    /// `first..=last`
    Between(i64, i64),
    Binding(Name),
    Anything,
}

#[derive(Clone, Debug)]
pub(super) struct Spawn {
    pub(super) form: Form,
    pub(super) is_async: bool,
    /// The name of a nested function, or of a variable; other forms need none.
    pub(super) handle: Option<Name>,
    /// Without one the task is anonymous.
    pub(super) target: Option<Place>,
    pub(super) deps: Vec<Tasks>,
    /// What the body awaits.
    pub(super) awaits: Vec<Place>,
    pub(super) accesses: Vec<Access>,
}

/// What a body uses of an array that the function makes.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The word of its clause.
    pub(super) mode: &'static str,
    pub(super) array: Name,
    /// Without any it is the whole array.
    pub(super) dims: Vec<Dim>,
}

/// The arrays, with the number of their axes.
pub(super) const ARRAYS: [(Name, usize); 2] = [("g", 1), ("h", 2)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Function,
    Closure,
    Call,
    Builder,
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) space: Name,
    pub(super) indices: Vec<Expr>,
}

/// What can stand in `deps`, or be waited for.
#[derive(Clone, Debug)]
pub(super) enum Tasks {
    Place(Place),
    Slice {
        space: Name,
        dims: Vec<Dim>,
    },
    /// In `deps`, all that exist; after a wait, all that have been spawned.
    Space(Name),
    Handle(Name),
    /// As [`Tasks::Handle`], in the clause `input`.
    Input(Name),
    List(Vec<Tasks>),
}

#[derive(Clone, Debug)]
pub(super) enum Dim {
    At(Expr),
    Range {
        start: Option<Expr>,
        end: Option<Expr>,
        is_inclusive: bool,
        step: Option<i64>,
    },
}

impl Expr {
    pub(super) fn binary(op: Op, left: Self, right: Self) -> Self {
        Self::Binary(op, Box::new((left, right)))
    }
}

impl Stmt {
    /// The blocks directly in it.
    pub(super) fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Self::For { body, .. } | Self::While { body, .. } | Self::Block(body) => vec![body],
            Self::If {
                then, otherwise, ..
            } => std::iter::once(then).chain(otherwise).collect(),
            Self::Match { arms, .. } => arms.iter_mut().map(|(_, block)| block).collect(),
            _ => Vec::new(),
        }
    }

    /// The expressions directly in it.
    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Space { shape, .. } => shape.iter_mut().flatten().collect(),
            Self::Let { names, .. } => names.iter_mut().map(|(_, value)| value).collect(),
            Self::Assign { value, .. } => vec![value],
            Self::While { end, .. } => vec![end],
            Self::For { iterator, .. } => match iterator {
                Iterator::Range { start, end, .. } => vec![start, end],
                Iterator::List(list) => list.iter_mut().collect(),
            },
            Self::Match { subject, .. } => vec![subject],
            Self::SpawnAll { start, end, .. } => vec![start, end],
            Self::Spawn(spawn) => {
                let places = spawn.target.iter_mut().chain(&mut spawn.awaits);
                let mut found: Vec<_> = places.flat_map(|it| &mut it.indices).collect();
                for tasks in &mut spawn.deps {
                    tasks.exprs_mut(&mut found);
                }
                found
            }
            Self::Wait(tasks) => {
                let mut found = Vec::new();
                tasks.exprs_mut(&mut found);
                found
            }
            Self::If {
                condition: Condition::Compare(_, left, right),
                ..
            } => vec![left, right],
            _ => Vec::new(),
        }
    }
}

impl Tasks {
    fn exprs_mut<'a>(&'a mut self, found: &mut Vec<&'a mut Expr>) {
        match self {
            Self::Place(place) => found.extend(&mut place.indices),
            Self::Slice { dims, .. } => {
                for dim in dims {
                    match dim {
                        Dim::At(index) => found.push(index),
                        Dim::Range { start, end, .. } => found.extend(start.iter_mut().chain(end)),
                    }
                }
            }
            Self::List(list) => list.iter_mut().for_each(|it| it.exprs_mut(found)),
            Self::Space(_) | Self::Handle(_) | Self::Input(_) => {}
        }
    }
}

/// Calls `visit` with `block` and every block in it, outermost first.
pub(super) fn blocks(block: &mut Block, visit: &mut dyn FnMut(&mut Block)) {
    visit(block);
    for stmt in block {
        for inner in stmt.blocks_mut() {
            blocks(inner, visit);
        }
    }
}

/// Calls `visit` with every number that is written out in an expression.
pub(super) fn literals(block: &mut Block, visit: &mut dyn FnMut(&mut i64)) {
    fn within(expr: &mut Expr, visit: &mut dyn FnMut(&mut i64)) {
        match expr {
            Expr::Literal(value) => visit(value),
            Expr::Name(_) => {}
            Expr::Binary(Op::Div | Op::Rem, both) => within(&mut both.0, visit),
            Expr::Binary(_, both) => {
                within(&mut both.0, visit);
                within(&mut both.1, visit);
            }
        }
    }
    blocks(block, &mut |block| {
        for expr in block.iter_mut().flat_map(Stmt::exprs_mut) {
            within(expr, visit);
        }
    });
}
