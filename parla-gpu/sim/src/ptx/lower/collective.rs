//! What threads do together: barriers, shuffles, votes.

use super::builder::{Builder, Refused};
use super::operand::Fit;
use crate::ptx::arithmetic::{ScalarType, reduction};
use crate::ptx::code::{
    self, Barrier, BarrierAction, Collective, CollectiveKind, Op, PredicateReduction, SINK,
    Shuffle, Slot, Vote,
};
use crate::ptx::syntax::Operand;

impl<'a> Builder<'a, '_> {
    pub(super) fn barrier(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let parts: Vec<&str> = opcode[1..]
            .iter()
            .copied()
            .filter(|part| !matches!(*part, "cta" | "aligned"))
            .collect();
        match (&parts[..], operands) {
            (["warp", "sync"], [members]) => {
                let members = Some(self.source(members, ScalarType::B32, Fit::Exact)?);
                self.collective(
                    CollectiveKind::Synchronize,
                    (SINK, SINK),
                    [SINK; 3],
                    members,
                );
                Ok(())
            }
            (["sync"], [id]) => self.block_barrier(id, None, BarrierAction::Wait),
            (["sync"], [id, threads]) => self.block_barrier(id, Some(threads), BarrierAction::Wait),
            (["arrive"], [id, threads]) => {
                self.block_barrier(id, Some(threads), BarrierAction::Arrive)
            }
            (["red", "popc", "u32"], [to, rest @ ..]) => {
                let to = self.destination(to, ScalarType::U32, Fit::Exact)?.slot;
                self.reducing_barrier(PredicateReduction::Count, to, rest)
            }
            (["red", op @ ("and" | "or"), "pred"], [to, rest @ ..]) => {
                let to = self.destination(to, ScalarType::Pred, Fit::Exact)?.slot;
                let reduction = match *op {
                    "and" => PredicateReduction::All,
                    _ => PredicateReduction::Any,
                };
                self.reducing_barrier(reduction, to, rest)
            }
            (["sync" | "arrive" | "red", ..], _) => Err(Refused::Operands),
            _ => Err(Refused::Unknown),
        }
    }

    fn reducing_barrier(
        &mut self,
        reduction: PredicateReduction,
        to: Slot,
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (id, threads, predicate) = match operands {
            [id, predicate] => (id, None, predicate),
            [id, threads, predicate] => (id, Some(threads), predicate),
            _ => return Err(Refused::Operands),
        };
        let (predicate, negated) = self.predicate_operand(predicate)?;
        let action = BarrierAction::Reduce {
            reduction,
            to,
            predicate,
            negated,
        };
        self.block_barrier(id, threads, action)
    }

    fn block_barrier(
        &mut self,
        id: &Operand<'a>,
        threads: Option<&Operand<'a>>,
        action: BarrierAction,
    ) -> Result<(), Refused> {
        let id = self.source(id, ScalarType::U32, Fit::Exact)?;
        let threads = match threads {
            Some(threads) => Some(self.source(threads, ScalarType::U32, Fit::Exact)?),
            None => None,
        };
        self.function.barriers.push(Barrier {
            id,
            threads,
            action,
        });
        let index = self.function.barriers.len() as u32 - 1;
        self.emit(Op::Barrier { index });
        Ok(())
    }

    /// `shfl.sync.mode.b32 d[|p], a, b, c, members` and, without the last, the form before Volta.
    pub(super) fn shuffle(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (rest, synchronized) = synchronized(opcode);
        let [mode, "b32"] = rest else {
            return Err(Refused::Unknown);
        };
        let mode = match *mode {
            "up" => Shuffle::Up,
            "down" => Shuffle::Down,
            "bfly" => Shuffle::Butterfly,
            "idx" => Shuffle::Indexed,
            _ => return Err(Refused::Unknown),
        };
        let (operands, members) = self.members(operands, synchronized)?;
        let [to, a, b, c] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination_pair(to, ScalarType::B32)?;
        let mut slots = [SINK; 3];
        for (slot, operand) in slots.iter_mut().zip([a, b, c]) {
            *slot = self.source(operand, ScalarType::B32, Fit::Exact)?;
        }
        self.collective(CollectiveKind::Shuffle(mode), to, slots, members);
        Ok(())
    }

    pub(super) fn vote(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (rest, synchronized) = synchronized(opcode);
        let (vote, scalar) = match rest {
            ["all", "pred"] => (Vote::All, ScalarType::Pred),
            ["any", "pred"] => (Vote::Any, ScalarType::Pred),
            ["uni", "pred"] => (Vote::Uniform, ScalarType::Pred),
            ["ballot", "b32"] => (Vote::Ballot, ScalarType::B32),
            _ => return Err(Refused::Unknown),
        };
        let (operands, members) = self.members(operands, synchronized)?;
        let [to, predicate] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination(to, scalar, Fit::Exact)?.slot;
        let (predicate, negated) = self.predicate_operand(predicate)?;
        let kind = CollectiveKind::Vote { vote, negated };
        self.collective(kind, (to, SINK), [predicate, SINK, SINK], members);
        Ok(())
    }

    pub(super) fn matches(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let ["match", mode, "sync", scalar @ ("b32" | "b64")] = opcode else {
            return Err(Refused::Unknown);
        };
        let scalar = ScalarType::parse(scalar).ok_or(Refused::Unknown)?;
        let width = code::width(scalar);
        let kind = match *mode {
            "any" => CollectiveKind::MatchAny(width),
            "all" => CollectiveKind::MatchAll(width),
            _ => return Err(Refused::Unknown),
        };
        let (operands, members) = self.members(operands, true)?;
        let [to, value] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination_pair(to, ScalarType::B32)?;
        let value = self.source(value, scalar, Fit::Exact)?;
        self.collective(kind, to, [value, SINK, SINK], members);
        Ok(())
    }

    pub(super) fn reduce(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let [
            "redux",
            "sync",
            operation @ ("add" | "min" | "max" | "and" | "or" | "xor"),
            scalar,
        ] = opcode
        else {
            return Err(Refused::Unknown);
        };
        let scalar = ScalarType::parse(scalar)
            .filter(|scalar| scalar.size() == 4 && !scalar.is_float())
            .ok_or(Refused::Unknown)?;
        let function = reduction(operation, scalar).ok_or(Refused::Unknown)?;
        let (operands, members) = self.members(operands, true)?;
        let [to, value] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination(to, scalar, Fit::Exact)?.slot;
        let value = self.source(value, scalar, Fit::Exact)?;
        self.collective(
            CollectiveKind::Reduce(function),
            (to, SINK),
            [value, SINK, SINK],
            members,
        );
        Ok(())
    }

    /// `activemask.b32 d` and `elect.sync d|p, members`.
    pub(super) fn elect(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (kind, synchronized) = match opcode {
            ["activemask", "b32"] => (CollectiveKind::ActiveMask, false),
            ["elect", "sync"] => (CollectiveKind::Elect, true),
            _ => return Err(Refused::Unknown),
        };
        let (operands, members) = self.members(operands, synchronized)?;
        let [to] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination_pair(to, ScalarType::B32)?;
        self.collective(kind, to, [SINK; 3], members);
        Ok(())
    }

    /// Takes the members, the last operand, off where there are some.
    fn members<'o>(
        &mut self,
        operands: &'o [Operand<'a>],
        synchronized: bool,
    ) -> Result<(&'o [Operand<'a>], Option<Slot>), Refused> {
        if !synchronized {
            return Ok((operands, None));
        }
        let (members, operands) = operands.split_last().ok_or(Refused::Operands)?;
        Ok((
            operands,
            Some(self.source(members, ScalarType::B32, Fit::Exact)?),
        ))
    }

    fn collective(
        &mut self,
        kind: CollectiveKind,
        (to, predicate): (Slot, Slot),
        operands: [Slot; 3],
        members: Option<Slot>,
    ) {
        self.function.collectives.push(Collective {
            kind,
            to,
            predicate,
            operands,
            members,
        });
        let index = self.function.collectives.len() as u32 - 1;
        self.emit(Op::Collective { index });
    }
}

/// The parts after the name, without `sync`.
fn synchronized<'p>(opcode: &'p [&'p str]) -> (&'p [&'p str], bool) {
    match opcode {
        [_, "sync", rest @ ..] => (rest, true),
        [_, rest @ ..] => (rest, false),
        [] => (&[], false),
    }
}
