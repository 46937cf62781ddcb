//! Draws slices that meet known tasks, or just miss them.

use super::Drawer;
use crate::check::tests::random::oracle::World;
use crate::check::tests::random::program::{Dim, Expr, Form, Place, Spawn, Stmt, Tasks};

impl Drawer<'_> {
    /// Two tasks that wait for each other if the second one's slice meets the first one.
    pub(super) fn knot(&mut self) -> Option<Stmt> {
        let (space, rank) = self.a_space()?;
        let base = self.next;
        let place = |drawer: &mut Self| {
            let mut index = || Expr::Literal(base + drawer.rng.i64(0..5));
            let indices = (0..rank).map(|_| index()).collect();
            Place { space, indices }
        };
        let (first, second) = (place(self), place(self));
        let mut block = Vec::new();
        if self.chance(25) {
            // Bodies name tasks before the function does.
            block.push(awaiting(first.clone()));
        }
        for _ in 0..self.rng.usize(0..3) {
            let other = place(self);
            block.push(spawn(Some(other), Tasks::List(Vec::new())));
        }
        let dims = (0..rank).map(|d| match rank > 1 && self.chance(30) {
            true => Dim::At(first.indices[d].clone()),
            false => self.range_about(base),
        });
        let dims = dims.collect();
        block.push(spawn(Some(first), Tasks::Place(second.clone())));
        block.push(spawn(Some(second), Tasks::Slice { space, dims }));
        Some(Stmt::Block(block))
    }

    /// A range with a bound near `base`.
    fn range_about(&mut self, base: i64) -> Dim {
        let start = base + self.rng.i64(-4..6);
        let end = start + self.rng.i64(0..7);
        let (start, end) = (Expr::Literal(start), Expr::Literal(end));
        let size = self.rng.i64(1..4);
        let (start, end, step) = match self.rng.u32(0..8) {
            0..3 => (Some(start), None, size),
            3 => (None, None, 1),
            4 => (None, Some(start), -1),
            5 => (Some(end), None, -size),
            6 => (Some(end), Some(start), -size),
            _ => (Some(start), Some(end), size),
        };
        Dim::Range {
            start,
            end,
            is_inclusive: false,
            step: (step != 1).then_some(step),
        }
    }

    /// Waits for tasks in a line from one that is there to another, counted from outside the space.
    pub(super) fn slice_of_known(&mut self, world: &World) -> Option<Stmt> {
        let spaces = world.visible_spaces();
        if spaces.is_empty() {
            return None;
        }
        let (name, space) = self.one(&spaces);
        let places: Vec<_> = world.spaces[space].places().map(|it| it.0).collect();
        let all: Vec<usize> = (0..places.len()).collect();
        if all.is_empty() {
            return None;
        }
        let (one, other) = (places[self.one(&all)], places[self.one(&all)]);
        if one.len() != other.len() {
            return None;
        }
        let differs = |d: &usize| one[*d] != other[*d];
        let d = (0..one.len()).find(differs)?;
        let (first, last) = (one[d].min(other[d]), one[d].max(other[d]));
        let mut steps: Vec<i64> = (1..=last - first).collect();
        steps.retain(|step| (last - first) % step == 0);
        let step = self.one(&steps);
        let outside = step * self.rng.i64(0..4);
        let (start, end, step) = match self.chance(60) {
            true => (first - outside, last + self.rng.i64(1..=step), step),
            false => (last + outside, first - self.rng.i64(1..=step), -step),
        };
        let mut dims: Vec<Dim> = one.iter().map(|it| Dim::At(Expr::Literal(*it))).collect();
        dims[d] = Dim::Range {
            start: Some(Expr::Literal(start)),
            end: Some(Expr::Literal(end)),
            is_inclusive: false,
            step: Some(step),
        };
        let slice = Tasks::Slice { space: name, dims };
        Some(spawn(None, slice))
    }
}

fn awaiting(place: Place) -> Stmt {
    Stmt::Spawn(Spawn {
        form: Form::Closure,
        is_async: true,
        handle: None,
        target: None,
        deps: Vec::new(),
        awaits: vec![place],
        accesses: Vec::new(),
    })
}

fn spawn(target: Option<Place>, dependency: Tasks) -> Stmt {
    Stmt::Spawn(Spawn {
        form: Form::Closure,
        is_async: false,
        handle: None,
        target,
        deps: vec![dependency],
        awaits: Vec::new(),
        accesses: Vec::new(),
    })
}
