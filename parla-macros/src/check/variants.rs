//! What a task function and its variants must look like.

use crate::diag::{Code, Diagnostics, Site};
use crate::model::{DeviceKind, TaskFunction, Variant};

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

fn no_receiver(sig: &syn::Signature, attribute: &str, code: Code, diag: &mut Diagnostics) {
    if let Some(receiver) = sig.receiver() {
        let site = Site::of(receiver, receiver.self_token.span);
        diag.error(site, code, format!("`#[{attribute}]` stands on a method"))
            .help("move the body to a free function, and call that from the method");
    }
}
