//! Draws spawns, the tasks they depend on, and waits.

use super::expressions::{integer, slice_of};
use super::{Drawer, HANDLES, Kind};
use crate::check::tests::random::program::{Expr, Form, Name, Op, Place, Spawn, Stmt, Tasks};

impl Drawer<'_> {
    pub(super) fn spawn_all(&mut self) -> Option<Stmt> {
        let (space, _) = self.a_space()?;
        let start = self.rng.i64(0..12);
        let end = Expr::Literal(start + self.rng.i64(0..6));
        Some(Stmt::SpawnAll {
            space,
            start: Expr::Literal(start),
            end,
        })
    }

    pub(super) fn wait(&mut self) -> Option<Tasks> {
        Some(match self.rng.u32(0..10) {
            0..4 => Tasks::Handle(self.a_handle()?),
            4..6 => {
                let (space, rank) = self.a_space()?;
                Tasks::Place(self.place(space, rank))
            }
            6..8 => {
                let (space, rank) = self.a_space()?;
                slice_of(self, space, rank, false)
            }
            _ => Tasks::Space(self.a_space()?.0),
        })
    }

    pub(super) fn place(&mut self, space: Name, rank: usize) -> Place {
        Place {
            space,
            indices: (0..rank).map(|_| integer(self)).collect(),
        }
    }

    pub(super) fn spawn(&mut self) -> Spawn {
        let mut form = self.one(&[
            Form::Function,
            Form::Function,
            Form::Closure,
            Form::Call,
            Form::Builder,
        ]);
        let target = match self.a_space() {
            Some((space, rank)) if self.chance(88) => Some(self.target(space, rank)),
            _ => None,
        };
        if target.is_none() && form == Form::Builder {
            form = Form::Closure;
        }
        let mut deps = Vec::new();
        while deps.len() < 4 && self.chance(55) {
            deps.extend(self.dependency(target.as_ref(), form));
        }
        let is_async = form != Form::Call && self.chance(25);
        let mut awaits = Vec::new();
        if is_async
            && self.chance(30)
            && let Some((space, rank)) = self.a_space()
        {
            awaits.push(self.place(space, rank));
        }
        let is_bound = form == Form::Function || self.chance(50);
        let handle = is_bound.then(|| self.one(HANDLES));
        self.scope.extend(handle.map(|it| (it, Kind::Handle)));
        Spawn {
            form,
            is_async,
            handle,
            target,
            deps,
            awaits,
            accesses: Vec::new(),
        }
    }

    /// A place that differs from turn to turn, as far as there are loops.
    pub(super) fn target(&mut self, space: Name, rank: usize) -> Place {
        let turns = self.names(|kind| matches!(kind, Kind::Turn).then_some(()));
        let mut indices: Vec<Expr> = Vec::new();
        for d in 0..rank {
            let mut index = match turns.get(rank - 1 - d) {
                Some((name, ())) if self.chance(90) => Expr::Name(name),
                _ => integer(self),
            };
            if d == 0
                && self.chance(60)
                && let Some((outer, ())) = turns.get(rank)
            {
                let row = Expr::binary(Op::Mul, Expr::Name(outer), Expr::Literal(8));
                index = Expr::binary(Op::Add, row, index);
            }
            let is_first_free = self.next > 0 && self.next < 100 && self.rng.bool();
            let offset = match is_first_free {
                true => self.next,
                false => self.rng.i64(0..12) * self.rng.i64(0..3),
            };
            indices.push(match offset {
                0 => index,
                _ => Expr::binary(Op::Add, index, Expr::Literal(offset)),
            });
        }
        Place { space, indices }
    }

    pub(super) fn dependency(&mut self, target: Option<&Place>, form: Form) -> Option<Tasks> {
        let is_builder = form == Form::Builder;
        Some(match self.rng.u32(0..20) {
            // A neighbour of the target.
            0..8 => {
                let mut place = target?.clone();
                let d = self.rng.usize(0..place.indices.len());
                let back = Expr::Literal(self.rng.i64(1..4));
                let op = if self.chance(90) { Op::Sub } else { Op::Add };
                place.indices[d] = Expr::binary(op, place.indices[d].clone(), back);
                Tasks::Place(place)
            }
            8..10 => {
                let (space, rank) = self.a_space()?;
                Tasks::Place(self.place(space, rank))
            }
            10..14 => {
                let (space, rank) = self.a_space()?;
                slice_of(self, space, rank, !is_builder)
            }
            14 => Tasks::Space(self.a_space()?.0),
            15..18 => {
                let handle = self.a_handle()?;
                match !is_builder && self.chance(30) {
                    true => Tasks::Input(handle),
                    false => Tasks::Handle(handle),
                }
            }
            _ if is_builder => return None,
            _ => {
                let mut list = Vec::new();
                for _ in 0..self.rng.usize(0..3) {
                    let inner = self.dependency(target, form);
                    list.extend(inner.filter(|it| !matches!(it, Tasks::Input(_))));
                }
                Tasks::List(list)
            }
        })
    }
}
