//! What can't be spawned as it is written: functions with parameters, closures with parameters,
//! waiting without `async`.

use proc_macro2::Span;
use syn::spanned::Spanned;

use crate::diag::{Code, Diagnostics, Site};
use crate::model::{Body, DeviceKind, Mode, Place, Spawn};

/// What other parameters could have been meant.
const ONLY_PARAMETER: &str = "the only one there can be is the task's GPU: `gpu: &Gpu`";

/// A spawned function captures what it needs, so it has nothing that only a caller could give.
pub(crate) fn function(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let Body::Function(function) = &spawn.body else {
        return;
    };
    let sig = &function.sig;
    let name = &sig.ident;
    if (!sig.inputs.is_empty() && spawn.gpu_parameter().is_none()) || sig.variadic.is_some() {
        let site = Site::of(&sig.inputs, name.span());
        diag.error(site, code, "a spawned function has no parameters")
            .help("use the variables around it in its body: it captures them")
            .help(ONLY_PARAMETER);
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let site = match sig.generics.params.is_empty() {
            true => Site::of(&sig.generics.where_clause, name.span()),
            false => Site::of(&sig.generics.params, name.span()),
        };
        diag.error(site, code, "a spawned function can't be generic")
            .help("make the function around it generic, and use its parameters");
    }
    for (word, span) in modifiers(sig) {
        diag.error(span, code, format!("a spawned function can't be `{word}`"))
            .help(format!(
                "leave `{word}` out; the body may call such functions"
            ));
    }
}

/// The words before `fn` that mean something to a caller, who doesn't exist.
pub(super) fn modifiers(sig: &syn::Signature) -> Vec<(&'static str, Span)> {
    let mut found = Vec::new();
    if let Some(word) = &sig.constness {
        found.push(("const", word.span));
    }
    if let syn::Safety::Unsafe(word) = &sig.safety {
        found.push(("unsafe", word.span));
    }
    if let Some(abi) = &sig.abi {
        found.push(("extern", abi.extern_token.span));
    }
    found
}

/// Nobody calls a spawned closure with arguments.
pub(crate) fn closure(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let Body::Closure(closure) = &spawn.body else {
        return;
    };
    if !closure.inputs.is_empty() && spawn.gpu_parameter().is_none() {
        let site = Site::of(&closure.inputs, closure.inputs.span());
        diag.error(site, code, "a spawned closure has no parameters")
            .help("use the variables around it, or read results with `input = [task]`")
            .help(ONLY_PARAMETER);
    }
}

/// A body that changes arrays on a GPU has one in its hands.
pub(crate) fn host_body(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    if spawn.gpu_parameter().is_some() || matches!(spawn.body, Body::Call { .. }) {
        return;
    }
    let on_gpu = spawn.placement.as_ref();
    let Some(place) = on_gpu.and_then(|it| it.is_only(DeviceKind::Gpu)) else {
        return;
    };
    // What is read may be results of tasks, which are on the host in any case.
    let changed = spawn.accesses.iter().find(|it| it.mode != Mode::Input);
    if let Some(access) = changed {
        let (name, mode) = (&access.name, access.mode);
        let message = "a body without a GPU uses arrays on the host";
        diag.error(place, code, message)
            .help("take the GPU as a parameter: `gpu: &Gpu`; or place the task on `cpu`")
            .also(
                access.site,
                format!("`{name}` is declared as `{mode}` here"),
            );
    }
}

/// A body that asks for a GPU gets one.
pub(crate) fn gpu_body(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let Some(parameter) = spawn.gpu_parameter() else {
        return;
    };
    let elsewhere = spawn.placement.as_ref().map(Place::allows_cpu);
    if matches!(elsewhere, Some(None)) {
        return;
    }
    let message = "a body that takes a GPU runs nowhere else";
    let mistake = diag
        .error(parameter.site(), code, message)
        .help("place the task on GPUs only: `placement = gpu`");
    if let Some(cpu) = elsewhere.flatten() {
        mistake.also(cpu, "this allows other devices");
    }
}

/// Only async bodies can wait.
pub(crate) fn awaits(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let help = match &spawn.body {
        Body::Function(_) => "write `async fn`",
        _ => "write `async move || …`",
    };
    for span in spawn.body.awaits_in_sync() {
        diag.error(span, code, "`await` in a body that is not async")
            .help(help);
    }
}
