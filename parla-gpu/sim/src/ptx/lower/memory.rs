//! Loads, stores, atomics, asynchronous copies and fences.

use super::builder::{Builder, Refused};
use super::operand::Fit;
use crate::ptx::arithmetic::{ScalarType, reduction};
use crate::ptx::code::{self, Access, Op, SINK};
use crate::ptx::syntax::{Operand, Space};

/// What the parts of an opcode say.
struct Qualifiers {
    space: Space,
    parts: u8,
    /// Reads what others wrote before their `release`.
    acquire: bool,
    release: bool,
    cache_hint: bool,
}

/// Takes the qualifiers that an access can have off the front.
fn qualifiers<'p>(opcode: &'p [&'p str]) -> (Qualifiers, &'p [&'p str]) {
    let mut found = Qualifiers {
        space: Space::Generic,
        parts: 1,
        acquire: false,
        release: false,
        cache_hint: false,
    };
    let mut rest = &opcode[1..];
    while let Some((part, after)) = rest.split_first() {
        match *part {
            "weak" | "volatile" | "relaxed" | "mmio" | "cta" | "cluster" | "gpu" | "sys" | "ca"
            | "cg" | "cs" | "lu" | "cv" | "wb" | "wt" | "nc" | "unified" => {}
            "acquire" => found.acquire = true,
            "release" => found.release = true,
            "acq_rel" => {
                found.acquire = true;
                found.release = true;
            }
            "v2" => found.parts = 2,
            "v4" => found.parts = 4,
            "v8" => found.parts = 8,
            _ if part.starts_with("L1::") || part.starts_with("L2::") => {
                found.cache_hint |= *part == "L2::cache_hint";
            }
            _ => match space(part) {
                Some(space) => found.space = space,
                None => break,
            },
        }
        rest = after;
    }
    (found, rest)
}

pub(super) fn space(part: &str) -> Option<Space> {
    Some(match part {
        "global" => Space::Global,
        "const" => Space::Constant,
        "shared" | "shared::cta" | "shared::cluster" => Space::Shared,
        "local" => Space::Local,
        "param" | "param::entry" | "param::func" => Space::Parameter,
        _ => return None,
    })
}

fn only_type(rest: &[&str]) -> Result<ScalarType, Refused> {
    match rest {
        [scalar] => ScalarType::parse(scalar).filter(|scalar| *scalar != ScalarType::Pred),
        _ => None,
    }
    .ok_or(Refused::Unknown)
}

/// The operands without the cache policy, which changes nothing.
fn without_hint<'o, 'a>(qualifiers: &Qualifiers, operands: &'o [Operand<'a>]) -> &'o [Operand<'a>] {
    match operands.split_last() {
        Some((_, rest)) if qualifiers.cache_hint => rest,
        _ => operands,
    }
}

impl<'a> Builder<'a, '_> {
    pub(super) fn load(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (qualifiers, rest) = qualifiers(opcode);
        let scalar = only_type(rest)?;
        let [to, address] = without_hint(&qualifiers, operands) else {
            return Err(Refused::Operands);
        };
        let (space, base, offset) = self.address(address, qualifiers.space)?;
        let access = Access {
            space,
            width: code::width(scalar),
        };
        let destinations = parts(to, &qualifiers)?;
        let mut slots = Vec::with_capacity(destinations.len());
        let mut signed = None;
        for destination in destinations {
            let to = self.destination(destination, scalar, Fit::Wider)?;
            if scalar.is_signed() && to.scalar.size() > scalar.size() {
                signed = Some(code::width(to.scalar));
            }
            slots.push(to.slot);
        }
        let op = match slots[..] {
            [to] => Op::Load {
                to,
                base,
                offset,
                access,
                signed,
            },
            _ => {
                let to = self.list(&slots);
                Op::LoadVector {
                    to,
                    count: qualifiers.parts,
                    base,
                    offset,
                    access,
                    signed,
                }
            }
        };
        self.emit(op);
        if qualifiers.acquire {
            self.emit(Op::Fence);
        }
        Ok(())
    }

    pub(super) fn store(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (qualifiers, rest) = qualifiers(opcode);
        let scalar = only_type(rest)?;
        let [address, from] = without_hint(&qualifiers, operands) else {
            return Err(Refused::Operands);
        };
        let (space, base, offset) = self.address(address, qualifiers.space)?;
        if matches!(space, Space::Parameter | Space::Constant) {
            return Err(Refused::Because(format!(
                "{} memory can't be written",
                space.name()
            )));
        }
        let access = Access {
            space,
            width: code::width(scalar),
        };
        let mut slots = Vec::new();
        for source in parts(from, &qualifiers)? {
            slots.push(self.source(source, scalar, Fit::Wider)?);
        }
        if qualifiers.release {
            self.emit(Op::Fence);
        }
        let op = match slots[..] {
            [from] => Op::Store {
                from,
                base,
                offset,
                access,
            },
            _ => {
                let from = self.list(&slots);
                Op::StoreVector {
                    from,
                    count: qualifiers.parts,
                    base,
                    offset,
                    access,
                }
            }
        };
        self.emit(op);
        Ok(())
    }

    /// `atom` and `red`: the same but for the value before.
    pub(super) fn atomic(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (qualifiers, rest) = qualifiers(opcode);
        let operands = without_hint(&qualifiers, operands);
        let Some((operation, rest)) = rest.split_first() else {
            return Err(Refused::Unknown);
        };
        // CUDA's own C++ library has order and scope behind the operation.
        let ignored = |part: &str| {
            matches!(
                part,
                "noftz" | "relaxed" | "acquire" | "release" | "acq_rel" | "cta" | "gpu" | "sys"
            ) || part.starts_with("L2::")
        };
        let rest = rest.iter().copied().filter(|part| !ignored(part));
        let scalar = only_type(&rest.collect::<Vec<_>>())?;
        if qualifiers.parts > 1 || scalar.size() < 2 {
            return Err(Refused::Unknown);
        }
        let (to, operands) = match (opcode[0], operands) {
            ("red", operands) => (SINK, operands),
            (_, [to, operands @ ..]) => (self.destination(to, scalar, Fit::Exact)?.slot, operands),
            _ => return Err(Refused::Operands),
        };
        let Some((address, values)) = operands.split_first() else {
            return Err(Refused::Operands);
        };
        let (space, base, offset) = self.address(address, qualifiers.space)?;
        if !matches!(space, Space::Generic | Space::Global | Space::Shared) {
            return Err(Refused::Unknown);
        }
        let access = Access {
            space,
            width: code::width(scalar),
        };
        let mut slots = Vec::new();
        for value in values {
            slots.push(self.source(value, scalar, Fit::Exact)?);
        }
        let op = match (*operation, &slots[..]) {
            ("cas", [_, _]) if opcode[0] == "atom" => {
                let operands = self.list(&slots);
                Op::CompareAndSwap {
                    to,
                    base,
                    offset,
                    operands,
                    access,
                }
            }
            ("cas", _) if opcode[0] == "atom" => return Err(Refused::Operands),
            (operation, [operand]) => {
                let function = reduction(operation, scalar).ok_or(Refused::Unknown)?;
                Op::Atomic {
                    function,
                    to,
                    base,
                    offset,
                    operand: *operand,
                    access,
                }
            }
            _ => return Err(Refused::Operands),
        };
        self.emit(op);
        Ok(())
    }

    /// `cp.async`, which copies at once; what waits for it has nothing to wait for.
    pub(super) fn copy(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        match opcode {
            ["cp", "async", "commit_group" | "wait_all" | "wait_group"] => return Ok(()),
            [
                "cp",
                "async",
                "ca" | "cg",
                "shared" | "shared::cta",
                "global",
                rest @ ..,
            ] if rest
                .iter()
                .all(|part| part.starts_with("L2::") && *part != "L2::cache_hint") => {}
            _ => return Err(Refused::Unknown),
        }
        let (to, from, bytes, read) = match operands {
            [to, from, Operand::Literal(bytes)] => (to, from, bytes, None),
            [to, from, Operand::Literal(bytes), read] => (
                to,
                from,
                bytes,
                Some(self.source(read, ScalarType::U32, Fit::Exact)?),
            ),
            _ => return Err(Refused::Operands),
        };
        let bytes = match super::operand::bits(*bytes, ScalarType::U64) {
            Some(bytes @ (4 | 8 | 16)) => bytes as u8,
            _ => return Err(Refused::Operands),
        };
        let (_, to, to_offset) = self.address(to, Space::Shared)?;
        let (_, from, from_offset) = self.address(from, Space::Global)?;
        self.function.copies.push(code::Copy {
            to: (to, to_offset),
            from: (from, from_offset),
            bytes,
            read,
        });
        let index = self.function.copies.len() as u32 - 1;
        self.emit(Op::Copy { index });
        Ok(())
    }

    pub(super) fn fence(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let known = match opcode {
            ["membar", "cta" | "gl" | "sys"] => true,
            ["fence", rest @ ..] => rest.iter().all(|part| {
                matches!(
                    *part,
                    "sc" | "acq_rel" | "acquire" | "release" | "cta" | "cluster" | "gpu" | "sys"
                )
            }),
            _ => false,
        };
        if !known {
            return Err(Refused::Unknown);
        }
        if !operands.is_empty() {
            return Err(Refused::Operands);
        }
        self.emit(Op::Fence);
        Ok(())
    }
}

/// The parts of a vector, or the one value.
fn parts<'o, 'a>(
    operand: &'o Operand<'a>,
    qualifiers: &Qualifiers,
) -> Result<&'o [Operand<'a>], Refused> {
    let parts = match operand {
        Operand::Vector(parts) => parts,
        _ => std::slice::from_ref(operand),
    };
    if parts.len() == usize::from(qualifiers.parts) {
        return Ok(parts);
    }
    Err(Refused::Operands)
}
