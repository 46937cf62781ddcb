//! From a syntax tree to flat code: names become slots and offsets, labels become targets.

mod arithmetic;
mod builder;
mod collective;
mod control;
mod memory;
mod movement;
mod operand;
mod scope;
mod symbols;
mod variable;

use super::code::Function;
use super::error::InvalidPtx;
use super::module::{Kernel, Module, Parameter};
use super::syntax::{self, Tree};
use builder::Builder;
use symbols::Symbols;

/// Makes one module of the texts.
///
/// # Errors
///
/// Names that don't exist or don't fit, and instructions that aren't simulated.
pub(super) fn lower(texts: &[Tree<'_>]) -> Result<Module, InvalidPtx> {
    lower_with(texts, Symbols::collect(texts)?)
}

/// Checks a text whose `.extern` names others will define.
///
/// # Errors
///
/// As [`lower`].
pub(super) fn check(texts: &[Tree<'_>]) -> Result<(), InvalidPtx> {
    let mut symbols = Symbols::collect(texts)?;
    symbols.suppose_external(texts);
    lower_with(texts, symbols).map(drop)
}

fn lower_with<'a>(texts: &[Tree<'a>], mut symbols: Symbols<'a>) -> Result<Module, InvalidPtx> {
    let mut functions = Vec::new();
    functions.resize_with(symbols.signatures.len(), Function::default);
    let mut kernels = Vec::new();
    // Kernels come last: each gets the shared variables of all device functions, and then its own.
    for kernel in [false, true] {
        for (function, text) in in_all(texts, |text| &text.functions) {
            symbols.text = text;
            let Some(body) = function.body.as_ref().filter(|_| function.kernel == kernel) else {
                continue;
            };
            let index = symbols.functions[&symbols.key(function.name)];
            let mut builder = Builder::new(&mut symbols, function, index);
            let lowered = builder
                .statements(body)
                .map(|()| builder.finish())
                .map_err(|error| InvalidPtx {
                    message: format!("in `{}`: {}", function.name, error.message),
                    ..error
                })?;
            if kernel {
                kernels.push(describe(
                    function,
                    index,
                    &lowered.code,
                    lowered.shared_bytes,
                )?);
            } else {
                symbols.shared_bytes = lowered.shared_bytes;
            }
            functions[index] = lowered.code;
        }
    }
    let variables = variable::content(texts, symbols)?;
    Ok(Module::new(functions, kernels, variables))
}

/// Everything of a kind that the texts declare, each with its text's index.
fn in_all<'t, 'a, T: 't>(
    texts: &'t [Tree<'a>],
    of: impl Fn(&'t Tree<'a>) -> &'t [T],
) -> impl Iterator<Item = (&'t T, usize)> {
    let texts = texts.iter().enumerate();
    texts.flat_map(move |(text, tree)| of(tree).iter().map(move |item| (item, text)))
}

fn describe(
    kernel: &syntax::Function<'_>,
    function: usize,
    code: &Function,
    shared_bytes: u32,
) -> Result<Kernel, InvalidPtx> {
    let mut parameters = Vec::new();
    let mut parameter_bytes = 0;
    for parameter in &kernel.parameters {
        if parameter.register {
            return Err(InvalidPtx::new(
                kernel.line,
                "a kernel's parameters are `.param`",
            ));
        }
        let (offset, end) = symbols::place(parameter_bytes, parameter.bytes, parameter.alignment)
            .filter(|(_, end)| *end <= 32 * 1024)
            .ok_or_else(|| InvalidPtx::new(kernel.line, "the parameters are too large"))?;
        parameters.push(Parameter {
            offset: offset as usize,
            bytes: (end - offset) as usize,
            alignment: parameter.alignment as usize,
        });
        parameter_bytes = end;
    }
    Ok(Kernel {
        name: kernel.name.to_owned(),
        parameters,
        parameter_bytes: parameter_bytes as usize,
        static_shared_bytes: shared_bytes,
        local_bytes: code.local_bytes,
        registers: code.registers,
        max_threads: kernel.max_threads,
        required_threads: kernel.required_threads,
        function,
    })
}
