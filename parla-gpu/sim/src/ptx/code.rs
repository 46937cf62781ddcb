//! What the interpreter runs: flat code of functions, whose operands are slots of a frame.
//!
//! A frame holds the registers of one call as `u64`s, and besides them all constants, addresses and
//! special registers that the function reads: operands are then slots and nothing else. A frame
//! begins as a copy of the function's template.

use super::arithmetic::{Comparison, ScalarType};
use super::syntax::Space;
use crate::memory::Width;

/// An index into a frame.
pub(super) type Slot = u32;

/// Where the frame's part of local memory begins.
pub(super) const LOCAL_BASE: Slot = 0;
/// The carry flag `CC.CF`.
pub(super) const CARRY: Slot = 1;
/// Where results go that nobody wants.
pub(super) const SINK: Slot = 2;
/// The slots that every frame has.
pub(super) const FIXED_SLOTS: u32 = 3;

/// One step. A predicated instruction is a branch around it and the instruction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    Move {
        to: Slot,
        from: Slot,
    },
    Unary {
        function: fn(u64) -> u64,
        to: Slot,
        a: Slot,
    },
    Binary {
        function: fn(u64, u64) -> u64,
        to: Slot,
        a: Slot,
        b: Slot,
    },
    Ternary {
        function: fn(u64, u64, u64) -> u64,
        to: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    /// The operands are listed from there: so few instructions have four.
    Quaternary {
        function: fn(u64, u64, u64, u64) -> u64,
        to: Slot,
        operands: u32,
    },
    BinaryCarry {
        function: fn(u64, u64, bool) -> (u64, bool),
        to: Slot,
        a: Slot,
        b: Slot,
    },
    TernaryCarry {
        function: fn(u64, u64, u64, bool) -> (u64, bool),
        to: Slot,
        operands: u32,
    },
    /// `setp` with one destination and no third operand.
    Compare {
        function: fn(u64, u64) -> bool,
        to: Slot,
        a: Slot,
        b: Slot,
    },
    /// Any other `setp` or `set`.
    CompareMany {
        index: u32,
    },
    /// Joins parts of so many bits, the first the lowest; they are listed from there.
    Pack {
        to: Slot,
        parts: u32,
        count: u8,
        bits: u8,
    },
    Unpack {
        from: Slot,
        parts: u32,
        count: u8,
        bits: u8,
    },
    Clock {
        to: Slot,
        clock: Clock,
    },
    /// Into a predicate, whether an address is in that memory.
    IsSpace {
        to: Slot,
        address: Slot,
        space: Space,
    },
    Load {
        to: Slot,
        base: Slot,
        offset: i32,
        access: Access,
        signed: Option<Width>,
    },
    LoadVector {
        to: u32,
        count: u8,
        base: Slot,
        offset: i32,
        access: Access,
        signed: Option<Width>,
    },
    Store {
        from: Slot,
        base: Slot,
        offset: i32,
        access: Access,
    },
    StoreVector {
        from: u32,
        count: u8,
        base: Slot,
        offset: i32,
        access: Access,
    },
    Atomic {
        function: fn(u64, u64) -> u64,
        to: Slot,
        base: Slot,
        offset: i32,
        operand: Slot,
        access: Access,
    },
    CompareAndSwap {
        to: Slot,
        base: Slot,
        offset: i32,
        operands: u32,
        access: Access,
    },
    Copy {
        index: u32,
    },
    Fence,
    Branch {
        target: u32,
    },
    BranchIf {
        predicate: Slot,
        expected: bool,
        target: u32,
    },
    /// To the target that the index selects of those listed from there.
    BranchIndexed {
        index: Slot,
        targets: u32,
        count: u32,
    },
    Call {
        index: u32,
    },
    Return,
    Exit,
    Barrier {
        index: u32,
    },
    Collective {
        index: u32,
    },
    /// Lets the others go on first.
    Yield,
    Trap,
    Breakpoint,
    /// `vprintf`: the format's and the arguments' address.
    Print {
        format: Slot,
        arguments: Slot,
        to: Slot,
    },
    /// `__assertfail`: message, file, line and function are listed from there.
    AssertFail {
        operands: u32,
    },
}

/// Steps are read one after the other all the time: two of them lie in a cache line.
const _: () = assert!(size_of::<Op>() <= 32);

/// Which memory, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) space: Space,
    pub(super) width: Width,
}

/// A special register that changes while a kernel runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Steps,
    StepsHigh,
    Steps64,
    Nanoseconds,
    NanosecondsLow,
    NanosecondsHigh,
}

/// A special register that stays the same while a thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Special {
    Thread(u8),
    BlockThreads(u8),
    Block(u8),
    GridBlocks(u8),
    Lane,
    Warp,
    Warps,
    LanesEqual,
    LanesLess,
    LanesLessOrEqual,
    LanesGreater,
    LanesGreaterOrEqual,
    Multiprocessor,
    Multiprocessors,
    Grid,
    DynamicSharedBytes,
    SharedBytes,
    /// Where dynamic shared memory begins.
    DynamicShared,
}

/// A `setp` or `set` with all it can have.
#[derive(Debug, Clone, Copy)]
pub(super) struct CompareMany {
    pub(super) comparison: Comparison,
    pub(super) to: Slot,
    /// The second destination.
    pub(super) second: Slot,
    pub(super) a: Slot,
    pub(super) b: Slot,
    /// The third operand, and whether it is negated.
    pub(super) c: Option<(Slot, bool)>,
}

/// `cp.async`: bytes from global to shared memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copy {
    pub(super) to: (Slot, i32),
    pub(super) from: (Slot, i32),
    pub(super) bytes: u8,
    /// How many of them are read; the rest are zeros.
    pub(super) read: Option<Slot>,
}

/// A barrier of the block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Barrier {
    pub(super) id: Slot,
    /// How many threads it takes; all of the block if not given.
    pub(super) threads: Option<Slot>,
    pub(super) action: BarrierAction,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum BarrierAction {
    Wait,
    /// Counts as one who came, and goes on.
    Arrive,
    /// Waits, and combines all threads' predicates.
    Reduce {
        reduction: PredicateReduction,
        to: Slot,
        predicate: Slot,
        negated: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PredicateReduction {
    Count,
    All,
    Any,
}

/// What the threads of a warp do together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collective {
    pub(super) kind: CollectiveKind,
    pub(super) to: Slot,
    /// The second destination.
    pub(super) predicate: Slot,
    pub(super) operands: [Slot; 3],
    /// The lanes that take part. None: those that run together.
    pub(super) members: Option<Slot>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum CollectiveKind {
    Synchronize,
    Shuffle(Shuffle),
    Vote {
        vote: Vote,
        negated: bool,
    },
    /// Of values of that width.
    MatchAny(Width),
    MatchAll(Width),
    Reduce(fn(u64, u64) -> u64),
    ActiveMask,
    Elect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shuffle {
    Up,
    Down,
    Butterfly,
    Indexed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vote {
    All,
    Any,
    Uniform,
    Ballot,
}

/// A call of a function of the module.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) callee: u32,
    /// From the caller's frame to the callee's.
    pub(super) arguments: Vec<Transfer>,
    /// From the callee's frame to the caller's.
    pub(super) returns: Vec<Transfer>,
}

/// One value that goes from one frame to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transfer {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) bytes: u32,
}

/// Where a value of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Slot(Slot),
    /// An offset in the frame's part of local memory.
    Local(u32),
}

/// The code of one kernel or device function.
#[derive(Debug, Default)]
pub(super) struct Function {
    pub(super) code: Vec<Op>,
    /// The line of each step.
    pub(super) lines: Vec<u32>,
    /// What a frame begins with; addresses of variables and special registers are put in later.
    pub(super) template: Vec<u64>,
    pub(super) specials: Vec<(Slot, Special)>,
    /// Slots for the address of a variable, by its index in the module.
    pub(super) addresses: Vec<(Slot, usize)>,
    /// Its part of local memory.
    pub(super) local_bytes: u32,
    /// The 32-bit registers that a GPU would need at most.
    pub(super) registers: u32,
    /// Operands and branch targets of the steps with many.
    pub(super) lists: Vec<u32>,
    pub(super) comparisons: Vec<CompareMany>,
    pub(super) copies: Vec<Copy>,
    pub(super) barriers: Vec<Barrier>,
    pub(super) collectives: Vec<Collective>,
    pub(super) calls: Vec<Call>,
}

/// How wide a value of that type is.
pub(super) fn width(scalar: ScalarType) -> Width {
    match scalar.size() {
        1 => Width::Bytes1,
        2 => Width::Bytes2,
        4 => Width::Bytes4,
        _ => Width::Bytes8,
    }
}
