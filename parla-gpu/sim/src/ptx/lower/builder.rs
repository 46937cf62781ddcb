//! The code of one function while it grows.

use std::collections::HashMap;

use super::scope::{Register, Scope};
use super::symbols::{self, Symbol, Symbols};
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::{self, Op, Place, Slot, Special};
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::{Function, Guard, Instruction, Space, Statement, StatementKind, Variable};

pub(super) struct Builder<'a, 's> {
    pub(super) symbols: &'s mut Symbols<'a>,
    pub(super) function: code::Function,
    pub(super) kernel: bool,
    scopes: Vec<Scope<'a>>,
    /// Where each label stands, once it is known.
    labels: Vec<Option<u32>>,
    literals: HashMap<u64, Slot>,
    specials: HashMap<Special, Slot>,
    addresses: HashMap<usize, Slot>,
    shared_bytes: u32,
    /// Of the statement that is lowered.
    line: u32,
}

pub(super) struct Lowered {
    pub(super) code: code::Function,
    /// The end of the shared variables so far.
    pub(super) shared_bytes: u32,
}

impl<'a, 's> Builder<'a, 's> {
    pub(super) fn new(symbols: &'s mut Symbols<'a>, function: &Function<'a>, index: usize) -> Self {
        let signature = &symbols.signatures[index];
        let mut scope = Scope::default();
        let formals = function.returns.iter().chain(&function.parameters);
        let places = signature.returns.iter().chain(&signature.parameters);
        for (formal, place) in formals.zip(places) {
            match place.place {
                Place::Slot(slot) => {
                    scope.declare_at(formal.name, formal.scalar, slot);
                }
                Place::Local(offset) => {
                    let symbol = Symbol::Frame {
                        offset,
                        space: Space::Parameter,
                    };
                    scope.variables.insert(formal.name, symbol);
                }
            }
        }
        if function.kernel {
            let mut used = 0;
            for formal in &function.parameters {
                // Too many are refused when the kernel is described.
                let Some((offset, end)) = symbols::place(used, formal.bytes, formal.alignment)
                else {
                    break;
                };
                scope
                    .variables
                    .insert(formal.name, Symbol::Parameter(offset));
                used = end;
            }
        }
        let code = code::Function {
            template: vec![0; signature.slots as usize],
            local_bytes: signature.local_bytes,
            ..code::Function::default()
        };
        Self {
            shared_bytes: symbols.shared_bytes,
            symbols,
            function: code,
            kernel: function.kernel,
            scopes: vec![scope],
            labels: Vec::new(),
            literals: HashMap::new(),
            specials: HashMap::new(),
            addresses: HashMap::new(),
            line: function.line,
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> InvalidPtx {
        InvalidPtx::new(self.line, message)
    }

    /// Lowers what stands between two braces.
    pub(super) fn statements(&mut self, statements: &[Statement<'a>]) -> Result<(), InvalidPtx> {
        for statement in statements {
            self.line = statement.line;
            match &statement.kind {
                StatementKind::Label(name) => {
                    let label = self.new_label();
                    if self.scope().labels.insert(name, label).is_some() {
                        return Err(symbols::twice(self.line, name));
                    }
                }
                StatementKind::BranchTargets(name, labels) => {
                    let labels = labels.clone();
                    self.scope().branch_targets.insert(name, labels);
                }
                _ => {}
            }
        }
        for statement in statements {
            self.line = statement.line;
            match &statement.kind {
                StatementKind::Label(name) => {
                    let label = self.label(name)?;
                    self.set_label(label);
                }
                StatementKind::BranchTargets(..) => {}
                StatementKind::Registers(scalar, names) => {
                    for (name, count) in names {
                        if !self.scope().declare(name, *scalar, *count) {
                            return Err(symbols::twice(self.line, name));
                        }
                    }
                }
                StatementKind::Variable(variable) => self.variable(variable)?,
                StatementKind::Scope(inner) => {
                    self.scopes.push(Scope::default());
                    self.statements(inner)?;
                    self.scopes.pop();
                }
                StatementKind::Instruction(instruction) => {
                    self.guarded(instruction.guard, |builder| {
                        builder.instruction(instruction)
                    })?;
                }
                StatementKind::Call(call) => {
                    self.guarded(call.guard, |builder| builder.call(call))?;
                }
            }
        }
        Ok(())
    }

    /// The function with its branch targets, once all statements are lowered.
    pub(super) fn finish(&mut self) -> Lowered {
        self.emit(Op::Return);
        let mut code = std::mem::take(&mut self.function);
        let target = |label: &mut u32| {
            // Every label that was looked up stands in a scope that was lowered to its end.
            *label = self.labels[*label as usize].unwrap_or(0);
        };
        for op in &mut code.code {
            match op {
                Op::Branch { target: label } | Op::BranchIf { target: label, .. } => target(label),
                Op::BranchIndexed { targets, count, .. } => {
                    let first = *targets as usize;
                    code.lists[first..first + *count as usize]
                        .iter_mut()
                        .for_each(target);
                }
                _ => {}
            }
        }
        code.registers = code.registers.min(255);
        code.local_bytes = code.local_bytes.next_multiple_of(16);
        Lowered {
            code,
            shared_bytes: self.shared_bytes,
        }
    }

    fn scope(&mut self) -> &mut Scope<'a> {
        self.scopes.last_mut().expect("the function's own scope")
    }

    fn variable(&mut self, variable: &Variable<'a>) -> Result<(), InvalidPtx> {
        if variable.initial.is_some() {
            return Err(self.error("variables of functions can't begin with a value"));
        }
        let symbol = match variable.space {
            Space::Shared if variable.external => Symbol::DynamicShared,
            _ if variable.external => Symbol::Undefined,
            Space::Shared => {
                let (offset, end) = symbols::shared(self.shared_bytes, variable)?;
                self.shared_bytes = end;
                Symbol::Shared(offset)
            }
            Space::Local | Space::Parameter => {
                let used = self.function.local_bytes;
                let placed = symbols::place(used, variable.bytes, variable.alignment);
                let (offset, end) = placed
                    .ok_or_else(|| self.error(format!("`{}` is too large", variable.name)))?;
                self.function.local_bytes = end;
                Symbol::Frame {
                    offset,
                    space: variable.space,
                }
            }
            _ => self.symbols.placed(variable),
        };
        match self.scope().variables.insert(variable.name, symbol) {
            None => Ok(()),
            Some(_) => Err(symbols::twice(self.line, variable.name)),
        }
    }

    /// Lowers an instruction with a branch around it, if it has a predicate.
    fn guarded(
        &mut self,
        guard: Option<Guard<'a>>,
        lower: impl FnOnce(&mut Self) -> Result<(), InvalidPtx>,
    ) -> Result<(), InvalidPtx> {
        let Some(guard) = guard else {
            return lower(self);
        };
        let predicate = self.predicate(guard.predicate)?;
        let begin = self.function.code.len();
        let after = self.new_label();
        self.emit(Op::BranchIf {
            predicate,
            expected: guard.negated,
            target: after,
        });
        lower(self)?;
        // A predicated branch is one step.
        if let [_, Op::Branch { target }] = self.function.code[begin..] {
            self.function.code.truncate(begin);
            self.function.lines.truncate(begin);
            self.emit(Op::BranchIf {
                predicate,
                expected: !guard.negated,
                target,
            });
        }
        self.set_label(after);
        Ok(())
    }

    fn instruction(&mut self, instruction: &Instruction<'a>) -> Result<(), InvalidPtx> {
        let parts: Vec<&str> = instruction.opcode.split('.').collect();
        let operands = instruction.operands.as_slice();
        let known = match parts[0] {
            "ld" | "ldu" => self.load(&parts, operands),
            "st" => self.store(&parts, operands),
            "atom" | "red" => self.atomic(&parts, operands),
            "cvta" => self.convert_address(&parts, operands),
            "isspacep" => self.is_space(&parts, operands),
            "cp" => self.copy(&parts, operands),
            "membar" | "fence" => self.fence(&parts, operands),
            "mov" => self.mov(&parts, operands),
            "setp" | "set" => self.compare(&parts, operands),
            "bra" => self.branch(&parts, operands),
            "brx" => self.branch_indexed(&parts, operands),
            "ret" | "exit" | "trap" | "brkpt" | "nanosleep" => self.control(&parts, operands),
            "bar" | "barrier" => self.barrier(&parts, operands),
            "shfl" => self.shuffle(&parts, operands),
            "vote" => self.vote(&parts, operands),
            "match" => self.matches(&parts, operands),
            "redux" => self.reduce(&parts, operands),
            "activemask" | "elect" => self.elect(&parts, operands),
            // They only make things faster.
            "prefetch" | "prefetchu" | "applypriority" | "griddepcontrol" | "setmaxnreg"
            | "pmevent" => Ok(()),
            _ => self.compute(&parts, operands),
        };
        known.map_err(|error| match error {
            Refused::Unknown => self.error(format!(
                "instruction `{}` is not known or not simulated",
                instruction.opcode
            )),
            Refused::Operands => {
                self.error(format!("`{}` has the wrong operands", instruction.opcode))
            }
            Refused::Because(message) => self.error(format!("`{}`: {message}", instruction.opcode)),
        })
    }

    pub(super) fn emit(&mut self, op: Op) {
        self.function.code.push(op);
        self.function.lines.push(self.line);
    }

    pub(super) fn new_label(&mut self) -> u32 {
        self.labels.push(None);
        self.labels.len() as u32 - 1
    }

    fn set_label(&mut self, label: u32) {
        self.labels[label as usize] = Some(self.function.code.len() as u32);
    }

    /// The number of a label.
    pub(super) fn label(&self, name: &str) -> Result<u32, InvalidPtx> {
        let mut scopes = self.scopes.iter().rev();
        scopes
            .find_map(|scope| scope.labels.get(name).copied())
            .ok_or_else(|| self.error(format!("there is no label `{name}`")))
    }

    pub(super) fn branch_targets(&self, name: &str) -> Option<&[&'a str]> {
        let mut scopes = self.scopes.iter().rev();
        scopes
            .find_map(|scope| scope.branch_targets.get(name))
            .map(Vec::as_slice)
    }

    pub(super) fn register(&mut self, name: &str) -> Option<Register> {
        let function = &mut self.function;
        let mut allocate = |scalar: ScalarType| {
            function.registers += match scalar {
                ScalarType::Pred => 0,
                _ => scalar.size().div_ceil(4) as u32,
            };
            function.template.push(0);
            function.template.len() as Slot - 1
        };
        let mut scopes = self.scopes.iter_mut().rev();
        scopes.find_map(|scope| scope.register(name, &mut allocate))
    }

    pub(super) fn symbol(&self, name: &str) -> Option<Symbol> {
        let mut scopes = self.scopes.iter().rev();
        scopes
            .find_map(|scope| scope.variables.get(name))
            .or_else(|| self.symbols.names.get(&self.symbols.key(name)))
            .copied()
    }

    /// A slot for what lies between two steps.
    pub(super) fn temporary(&mut self) -> Slot {
        self.function.template.push(0);
        self.function.template.len() as Slot - 1
    }

    pub(super) fn literal(&mut self, value: u64) -> Slot {
        let template = &mut self.function.template;
        *self.literals.entry(value).or_insert_with(|| {
            template.push(value);
            template.len() as Slot - 1
        })
    }

    pub(super) fn special(&mut self, special: Special) -> Slot {
        let function = &mut self.function;
        *self.specials.entry(special).or_insert_with(|| {
            function.template.push(0);
            let slot = function.template.len() as Slot - 1;
            function.specials.push((slot, special));
            slot
        })
    }

    /// The slot that holds the address of a variable of the module.
    pub(super) fn variable_address(&mut self, index: usize) -> Slot {
        let function = &mut self.function;
        *self.addresses.entry(index).or_insert_with(|| {
            function.template.push(0);
            let slot = function.template.len() as Slot - 1;
            function.addresses.push((slot, index));
            slot
        })
    }

    /// Keeps a list of slots or labels; where it begins.
    pub(super) fn list(&mut self, slots: &[u32]) -> u32 {
        let first = self.function.lists.len();
        self.function.lists.extend_from_slice(slots);
        first as u32
    }
}

/// Why an instruction was not lowered; the opcode is put before it.
pub(super) enum Refused {
    Unknown,
    Operands,
    Because(String),
}

impl From<InvalidPtx> for Refused {
    fn from(error: InvalidPtx) -> Self {
        Self::Because(error.message)
    }
}
