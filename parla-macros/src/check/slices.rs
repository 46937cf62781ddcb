//! One task is one index per dimension: a slice names many, and its step goes somewhere.

use crate::diag::{Code, Diagnostics};
use crate::model::{Dependency, Dim, Index, Operand, Place, Spawn, Subscript, Target};

/// The target is exactly one task.
pub(crate) fn target(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    match &spawn.target {
        Target::Anonymous => {}
        Target::Subscript(subscript) => {
            one_task(
                subscript,
                "the target of a spawn is one task",
                "spawn in a loop, one task for each index",
                code,
                diag,
            );
        }
        Target::Wrong {
            shown,
            is_name,
            span,
        } => {
            let mistake = diag.error(*span, code, format!("`{shown}` is not one task of a space"));
            if *is_name {
                mistake.help(format!(
                    "write an index, such as `{shown}[0]`, or leave the target out"
                ));
            } else {
                mistake.help("write `space[index]`, or leave the target out");
            }
        }
    }
}

/// Slices in `deps` have dimensions, and steps that go somewhere.
pub(crate) fn dependencies(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    for dependency in &spawn.deps {
        let Dependency::Subscript(subscript) = dependency else {
            continue;
        };
        no_dimensions(subscript, code, diag);
        for dim in &subscript.dims {
            match dim {
                Dim::Range {
                    step: Some(step), ..
                } => {
                    if step.constant() == Some(0) {
                        diag.error(step.span(), code, "a slice with step 0")
                            .help("leave the step out, or count by 1 or more");
                    }
                }
                Dim::SteppedIndex { step, .. } => step_without_slice(step, code, diag),
                Dim::At(_) | Dim::Range { step: None, .. } => {}
            }
        }
    }
}

/// Regions of arrays have dimensions, and count upwards.
pub(crate) fn regions(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    for access in &spawn.accesses {
        let Some(dims) = &access.dims else { continue };
        if dims.is_empty() {
            let base = crate::diag::shown(&access.base);
            diag.error(access.site, code, format!("`{base}[]` selects nothing"))
                .help(format!(
                    "write a region, such as `{base}[0..n]`, or `{base}` for all of it"
                ));
        }
        for dim in dims {
            match dim {
                Dim::Range {
                    step: Some(step), ..
                } if !dim.is_upward() => {
                    diag.error(step.span(), code, "a region counts upwards")
                        .help("leave the step out, or count by 1 or more");
                }
                Dim::SteppedIndex { step, .. } => step_without_slice(step, code, diag),
                Dim::At(_) | Dim::Range { .. } => {}
            }
        }
    }
}

fn step_without_slice(step: &Index, code: Code, diag: &mut Diagnostics) {
    diag.error(step.span(), code, "a step without a slice")
        .help("write `a..b; step`");
}

/// `near(x)` and `with(x)` take one thing.
pub(crate) fn operands(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let Some(placement) = &spawn.placement else {
        return;
    };
    placement.walk(&mut |place| {
        let (operand, word, meant) = match place {
            Place::Near { operand, .. } => (operand, "near", "`near` takes one task or array"),
            Place::With { operand, .. } => (operand, "with", "`with` takes one task"),
            _ => return,
        };
        match operand {
            Operand::Subscript(subscript) => {
                let base = crate::diag::shown(&subscript.base);
                let help = format!("write an index, such as `{word}({base}[0])`");
                one_task(subscript, meant, &help, code, diag);
            }
            Operand::List(site) => {
                diag.error(*site, code, format!("a list, where {meant}"))
                    .help(format!(
                        "several are alternatives, `[{word}(a), {word}(b)]`"
                    ));
            }
            Operand::Value(_) => {}
        }
    });
}

fn one_task(subscript: &Subscript, meant: &str, help: &str, code: Code, diag: &mut Diagnostics) {
    no_dimensions(subscript, code, diag);
    let base = crate::diag::shown(&subscript.base);
    for dim in &subscript.dims {
        match dim {
            Dim::At(_) => {}
            Dim::Range { site, .. } => {
                diag.error(*site, code, format!("a slice of `{base}`, where {meant}"))
                    .help(help);
            }
            Dim::SteppedIndex { step, .. } => {
                diag.error(step.span(), code, format!("a step, where {meant}"))
                    .help("leave the step out");
            }
        }
    }
}

fn no_dimensions(subscript: &Subscript, code: Code, diag: &mut Diagnostics) {
    if subscript.dims.is_empty() {
        let base = crate::diag::shown(&subscript.base);
        diag.error(subscript.span, code, format!("`{base}[]` has no index"))
            .help(format!("write an index, such as `{base}[0]`"));
    }
}
