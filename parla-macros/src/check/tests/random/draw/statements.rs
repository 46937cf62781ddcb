//! Draws statements: loops, conditions, bindings, jumps.

use super::expressions::{condition, integer, iterator};
use super::{CONSTANTS, Drawer, Kind, LABELS, NUMBERS, SPACES};
use crate::check::tests::random::program::{Block, Expr, Name, Op, Pattern, Stmt};

impl Drawer<'_> {
    pub(super) fn spaces(&mut self, body: &mut Block) {
        if self.chance(40) {
            let name = self.one(CONSTANTS);
            let value = self.rng.i64(1..6);
            self.scope.push((name, Kind::Number { is_mutable: false }));
            body.push(Stmt::Const { name, value });
        }
        for _ in 0..self.rng.usize(1..=3) {
            let stmt = self.space();
            body.push(stmt);
        }
    }

    pub(super) fn space(&mut self) -> Stmt {
        let name = self.one(SPACES);
        let rank = if self.chance(65) { 1 } else { 2 };
        let most = if rank == 1 { 30 } else { 8 };
        let shape = self.chance(35).then(|| {
            let mut extent = || Expr::Literal(self.rng.i64(2..most));
            (0..rank).map(|_| extent()).collect()
        });
        self.scope.push((name, Kind::Space { rank }));
        Stmt::Space { name, shape }
    }

    pub(super) fn block(&mut self, most: usize) -> Block {
        let scope = self.scope.len();
        self.depth += 1;
        let mut block: Block = Vec::new();
        if self.chance(4) {
            let name = self.one(CONSTANTS);
            self.scope.push((name, Kind::Number { is_mutable: false }));
            block.push(Stmt::Const {
                name,
                value: self.rng.i64(0..4),
            });
        }
        for _ in 0..self.rng.usize(1..=most) {
            let stmt = self.stmt();
            block.push(stmt);
        }
        if self.chance(8) {
            // Constants are in scope before they are declared.
            block.rotate_left(1);
        }
        self.depth -= 1;
        self.scope.truncate(scope);
        block
    }

    pub(super) fn stmt(&mut self) -> Stmt {
        let is_deep = self.depth >= 3;
        let is_top = self.depth == 0;
        loop {
            let stmt = match self.rng.u32(0..100) {
                0..30 if !is_deep => Some(self.for_loop()),
                30..60 => Some(Stmt::Spawn(self.spawn())),
                60..66 if !is_deep => Some(self.condition()),
                66..70 if !is_deep && !is_top => Some(self.matching()),
                70..76 => Some(self.binding()),
                76..82 => self.wait().map(Stmt::Wait),
                82..84 if !is_deep => Some(self.while_loop()),
                84..86 if !is_deep => Some(Stmt::Block(self.block(3))),
                86..88 => Some(self.space()),
                88..90 => self.alias(),
                90..93 => self.spawn_all(),
                93..96 if !self.loops.is_empty() => Some(self.jump()),
                96 if self.chance(30) => Some(self.rarely(Stmt::Return)),
                97 => self.knot(),
                98..100 => Some(self.noise()),
                _ => None,
            };
            if let Some(stmt) = stmt {
                return stmt;
            }
        }
    }

    /// `stmt` under a condition.
    pub(super) fn rarely(&mut self, stmt: Stmt) -> Stmt {
        Stmt::If {
            condition: condition(self),
            then: vec![stmt],
            otherwise: None,
        }
    }

    pub(super) fn for_loop(&mut self) -> Stmt {
        let iterator = iterator(self);
        let variable = if self.chance(5) {
            "_"
        } else {
            self.one(NUMBERS)
        };
        let label = self.chance(10).then(|| self.one(LABELS));
        self.loops.push((label, true));
        let scope = self.scope.len();
        if variable != "_" {
            self.scope.push((variable, Kind::Turn));
        }
        let mut body = Vec::new();
        if self.chance(60) {
            body.push(Stmt::Spawn(self.spawn()));
        }
        body.extend(self.block(if body.is_empty() { 3 } else { 2 }));
        self.scope.truncate(scope);
        self.loops.pop();
        Stmt::For {
            label,
            variable,
            iterator,
            body,
        }
    }

    /// With its counter, in a block of its own.
    pub(super) fn while_loop(&mut self) -> Stmt {
        let variable = self.one(NUMBERS);
        let start = Expr::Literal(self.rng.i64(0..3));
        let end = Expr::Literal(self.rng.i64(1..6));
        let scope = self.scope.len();
        self.scope
            .push((variable, Kind::Number { is_mutable: true }));
        self.loops.push((None, false));
        let body = self.block(2);
        self.loops.pop();
        self.scope.truncate(scope);
        let names = vec![(variable, start)];
        Stmt::Block(vec![
            Stmt::Let {
                names,
                is_mutable: true,
            },
            Stmt::While {
                variable,
                end,
                body,
            },
        ])
    }

    pub(super) fn condition(&mut self) -> Stmt {
        let condition = condition(self);
        let then = self.block(2);
        Stmt::If {
            condition,
            then,
            otherwise: self.chance(40).then(|| self.block(2)),
        }
    }

    pub(super) fn matching(&mut self) -> Stmt {
        let modulus = Expr::Literal(self.rng.i64(2..5));
        let subject = Expr::binary(Op::Rem, integer(self), modulus);
        let mut arms = Vec::new();
        for _ in 0..self.rng.usize(1..3) {
            let first = self.rng.i64(0..4);
            let pattern = match self.rng.u32(0..3) {
                0 => Pattern::Values(vec![first]),
                1 => Pattern::Values(vec![first, first + 1]),
                _ => Pattern::Between(first, first + 1),
            };
            let block = self.block(2);
            arms.push((pattern, block));
        }
        let (name, kind) = self.number();
        let scope = self.scope.len();
        let last = match self.chance(30) {
            true => {
                self.scope.push((name, kind));
                Pattern::Binding(name)
            }
            false => Pattern::Anything,
        };
        let block = self.block(2);
        arms.push((last, block));
        self.scope.truncate(scope);
        Stmt::Match { subject, arms }
    }

    pub(super) fn binding(&mut self) -> Stmt {
        let mutable = self.names(|kind| match kind {
            Kind::Number { is_mutable: true } => Some(()),
            _ => None,
        });
        if !mutable.is_empty() && self.chance(60) {
            let (name, ()) = self.one(&mutable);
            let step = Expr::Literal(self.rng.i64(1..4));
            let value = Expr::binary(Op::Add, Expr::Name(name), step);
            return Stmt::Assign { name, value };
        }
        let is_mutable = self.chance(30);
        let mut names = vec![(self.number().0, integer(self))];
        if self.chance(25) {
            let (name, _) = self.number();
            let first = names[0].0;
            // The values of a tuple see none of its names.
            let value = match self.numbers().contains(&first) && self.rng.bool() {
                true => Expr::Name(first),
                false => integer(self),
            };
            if name != first {
                names.push((name, value));
            }
        }
        let kind = Kind::Number { is_mutable };
        self.scope
            .extend(names.iter().map(|(name, _)| (*name, kind)));
        Stmt::Let { names, is_mutable }
    }

    pub(super) fn alias(&mut self) -> Option<Stmt> {
        let (of, rank) = self.a_space()?;
        let name = self.one(SPACES);
        self.scope.push((name, Kind::Space { rank }));
        let clones = self.rng.bool();
        Some(Stmt::Alias { name, of, clones })
    }

    pub(super) fn jump(&mut self) -> Stmt {
        let innermost = self.loops[self.loops.len() - 1];
        let labelled: Vec<Name> = self.loops.iter().filter_map(|it| it.0).collect();
        let stmt = match self.rng.u32(0..4) {
            0 if !labelled.is_empty() => Stmt::Break(Some(self.one(&labelled))),
            1 if !labelled.is_empty() => Stmt::Continue(Some(self.one(&labelled))),
            2 => Stmt::Break(None),
            _ if innermost.1 => Stmt::Continue(None),
            _ => Stmt::Break(None),
        };
        self.rarely(stmt)
    }

    pub(super) fn noise(&mut self) -> Stmt {
        let numbers = self.numbers();
        let name = (!numbers.is_empty()).then(|| self.one(&numbers));
        let number = name.unwrap_or("1");
        let text = match self.rng.u32(0..6) {
            0 => match self.a_space() {
                Some((space, _)) => format!("println!(\"{{}} {{}}\", {space}.name(), {number});"),
                None => format!("println!(\"{{}}\", {number});"),
            },
            1 => format!("let log = compute({number});"),
            2 => "// Nothing happens here.".to_owned(),
            3 => format!("let mut list = vec![{number}, 2]; list.push({number});"),
            4 => "let text = format!(\"{}\", \"t[0]\");".to_owned(),
            _ => format!("assert!({number} < 1_000_000, \"large\");"),
        };
        Stmt::Noise(text, name)
    }
}
