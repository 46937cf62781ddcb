//! Third stage: the rules, each of them a function over the model that records what it finds.
//!
//! Rules never stop each other, so that one build reports everything. What a rule objects to is
//! left out by `expand`, which asks the same question of the model (`is_sound` and the like), so
//! that an error here causes none in the compiler.
//!
//! A rule about one spawn is a line in [`SPAWN_RULES`]; a rule about a function or its whole graph
//! one in [`GRAPH_RULES`]; one about the graph that it makes in [`graph::INSTANCE_RULES`].

mod amounts;
mod array_element;
mod entry;
mod forms;
mod graph;
mod kernels;
mod prebuilt;
mod slices;
mod variants;

use crate::diag::{Code, Diagnostics};
use crate::model::{
    ArrayElement, GraphFunction, Kernel, KernelModule, Kernels, KnownGraph, Spawn, TaskFunction,
    Variant,
};

/// A rule, the code under which it reports, and its function.
pub(crate) struct Rule<T: 'static> {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for people: it is also the name of its tests")
    )]
    pub(crate) name: &'static str,
    pub(crate) code: Code,
    check: fn(&T, Code, &mut Diagnostics),
}

/// The rules about one spawn, in the order in which they report.
pub(crate) const SPAWN_RULES: &[Rule<Spawn>] = &[
    Rule {
        name: "target-is-one-task",
        code: Code::P0004,
        check: slices::target,
    },
    Rule {
        name: "slice-makes-sense",
        code: Code::P0004,
        check: slices::dependencies,
    },
    Rule {
        name: "region-makes-sense",
        code: Code::P0004,
        check: slices::regions,
    },
    Rule {
        name: "operand-is-one-task",
        code: Code::P0004,
        check: slices::operands,
    },
    Rule {
        name: "share-of-a-device",
        code: Code::P0006,
        check: amounts::vcus,
    },
    Rule {
        name: "memory-is-a-size",
        code: Code::P0006,
        check: amounts::memory,
    },
    Rule {
        name: "number-of-devices",
        code: Code::P0006,
        check: amounts::devices,
    },
    Rule {
        name: "function-form",
        code: Code::P0010,
        check: forms::function,
    },
    Rule {
        name: "closure-form",
        code: Code::P0010,
        check: forms::closure,
    },
    Rule {
        name: "gpu-body",
        code: Code::P0005,
        check: forms::gpu_body,
    },
    Rule {
        name: "host-body",
        code: Code::P0005,
        check: forms::host_body,
    },
    Rule {
        name: "await-in-sync",
        code: Code::P0010,
        check: forms::awaits,
    },
];

/// The rules about a function under `#[parla::main]`, `#[parla::test]` or `#[task_graph]`.
pub(crate) const GRAPH_RULES: &[Rule<GraphFunction>] = &[
    Rule {
        name: "entry-options",
        code: Code::P0006,
        check: amounts::entry_options,
    },
    Rule {
        name: "entry-form",
        code: Code::P0010,
        check: entry::signature,
    },
    Rule {
        name: "prebuilt-form",
        code: Code::P0010,
        check: prebuilt::signature,
    },
    Rule {
        name: "prebuilt-input",
        code: Code::P0010,
        check: prebuilt::input,
    },
    Rule {
        name: "prebuilt-tasks",
        code: Code::P0010,
        check: prebuilt::tasks,
    },
];

/// The rules about a task function.
pub(crate) const TASK_RULES: &[Rule<TaskFunction>] = &[Rule {
    name: "task-is-no-method",
    code: Code::P0010,
    check: variants::task,
}];

/// The rules about a variant.
pub(crate) const VARIANT_RULES: &[Rule<Variant>] = &[
    Rule {
        name: "variant-form",
        code: Code::P0010,
        check: variants::variant,
    },
    Rule {
        name: "variant-is-callable",
        code: Code::P0010,
        check: variants::callable,
    },
];

/// The rules about a type that derives `Element`.
pub(crate) const ELEMENT_RULES: &[Rule<ArrayElement>] = &[Rule {
    name: "element-form",
    code: Code::P0010,
    check: array_element::form,
}];

/// The rules about a module of kernels.
pub(crate) const KERNEL_MODULE_RULES: &[Rule<KernelModule>] = &[Rule {
    name: "ptx-is-of-its-source",
    code: Code::P0008,
    check: kernels::source,
}];

/// The rules about one kernel.
pub(crate) const KERNEL_RULES: &[Rule<Kernel>] = &[
    Rule {
        name: "number-of-parameters",
        code: Code::P0008,
        check: kernels::count,
    },
    Rule {
        name: "parameters-as-in-ptx",
        code: Code::P0008,
        check: kernels::layout,
    },
    Rule {
        name: "parameters-as-in-source",
        code: Code::P0008,
        check: kernels::types,
    },
];

/// Checks a function and all that it spawns; the result is its graph, if that is the same in every
/// run.
pub(crate) fn graph_function(
    function: &GraphFunction,
    diag: &mut Diagnostics,
) -> Option<KnownGraph> {
    run(GRAPH_RULES, function, diag);
    spawns(&function.spawns, diag);
    let flow = function.flow.as_ref()?;
    graph::instances(flow, function.gives_data, diag)
}

/// Checks spawns one by one.
pub(crate) fn spawns(spawns: &[Spawn], diag: &mut Diagnostics) {
    for spawn in spawns {
        run(SPAWN_RULES, spawn, diag);
    }
}

/// Checks a task function.
pub(crate) fn task(task: &TaskFunction, diag: &mut Diagnostics) {
    run(TASK_RULES, task, diag);
}

/// Checks a variant.
pub(crate) fn variant(variant: &Variant, diag: &mut Diagnostics) {
    run(VARIANT_RULES, variant, diag);
}

/// Checks a type that derives `Element`.
pub(crate) fn array_element(element: &ArrayElement, diag: &mut Diagnostics) {
    run(ELEMENT_RULES, element, diag);
}

/// Checks modules of kernels.
pub(crate) fn kernels(kernels: &Kernels, diag: &mut Diagnostics) {
    for module in &kernels.modules {
        run(KERNEL_MODULE_RULES, module, diag);
        for kernel in &module.kernels {
            run(KERNEL_RULES, kernel, diag);
        }
    }
}

fn run<T>(rules: &[Rule<T>], subject: &T, diag: &mut Diagnostics) {
    for rule in rules {
        (rule.check)(subject, rule.code, diag);
    }
}

#[cfg(test)]
mod tests;
