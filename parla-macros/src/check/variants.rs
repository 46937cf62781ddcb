//! What a task function and its variants must look like.

use crate::diag::{Code, Diagnostics, Site};
use crate::model::{DeviceKind, TaskFunction, Variant, VariantParameter};
use syn::{ReturnType, Type};

/// A task function is known under its path, which a method has not.
pub(crate) fn task(task: &TaskFunction, code: Code, diag: &mut Diagnostics) {
    no_receiver(&task.function.sig, "task", code, diag);
}

/// A variant is a free function for another device than the CPU.
pub(crate) fn variant(variant: &Variant, code: Code, diag: &mut Diagnostics) {
    no_receiver(&variant.function.sig, "variant", code, diag);
    if variant.device == DeviceKind::Cpu {
        let of = crate::diag::shown(&variant.of);
        diag.error(variant.device_span, code, "a variant for the CPU")
            .help(format!(
                "`{of}` itself is the body for the CPU; a variant is for `gpu`"
            ));
    }
}

/// The runtime calls it with the arguments that the task function is given.
pub(crate) fn callable(variant: &Variant, code: Code, diag: &mut Diagnostics) {
    let sig = &variant.function.sig;
    let generics = &sig.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        let site = Site::of(&generics.params, sig.ident.span());
        diag.error(site, code, "a variant can't be generic")
            .help("name the types: a task function has one variant for a kind of device");
    }
    let mut parameters = sig.inputs.iter().filter_map(VariantParameter::of);
    let is_staged =
        |it: VariantParameter| matches!(it, VariantParameter::Read(_) | VariantParameter::Write(_));
    if !returns_result(&sig.output) && parameters.any(is_staged) {
        let site = Site::of(&sig.output, sig.ident.span());
        diag.error(
            site,
            code,
            "a variant with data on the device returns a `Result`",
        )
        .help("to move the data can fail: write `-> parla::Result<…>`");
    }
}

fn returns_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::Path(path) = &**ty else { return true };
    let name = path.path.segments.last().map(|it| it.ident.to_string());
    name.is_some_and(|name| name.ends_with("Result"))
}

fn no_receiver(sig: &syn::Signature, attribute: &str, code: Code, diag: &mut Diagnostics) {
    if let Some(receiver) = sig.receiver() {
        let site = Site::of(receiver, receiver.self_token.span);
        diag.error(site, code, format!("`#[{attribute}]` stands on a method"))
            .help("move the body to a free function, and call that from the method");
    }
}
