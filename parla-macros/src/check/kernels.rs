//! Kernels: what is declared is what the entry takes, and the PTX is that of its source.

use crate::abi::{CudaParam, CudaType, PtxParam};
use crate::diag::{Code, Diagnostics, Mistake, Site};
use crate::model::{Kernel, KernelModule, KernelParam, KernelType};

/// A source that was changed after its PTX was built would be checked, and another program run.
pub(crate) fn source(module: &KernelModule, code: Code, diag: &mut Diagnostics) {
    let Some(source) = &module.source else {
        return;
    };
    let path = &source.path;
    match &source.built_from {
        // That there is no PTX has been said.
        None => {}
        Some(Some(hash)) if *hash == source.hash => {}
        Some(Some(_)) => {
            let message = format!("`{path}` has changed since its PTX was built");
            diag.error(module.site, code, message)
                .help(format!("build it again: {}", source.rebuild));
        }
        Some(None) => {
            let message = format!("the PTX of `{path}` does not say what it was built from");
            diag.error(module.site, code, message)
                .help(format!("build it: {}", source.rebuild))
                .help(format!(
                    "if you build it by other means, add the line `{}{}`",
                    source.line, source.hash
                ));
        }
    }
}

/// As many parameters as the entry has.
pub(crate) fn count(kernel: &Kernel, code: Code, diag: &mut Diagnostics) {
    let Some(wanted) = wanted(kernel) else {
        return;
    };
    let (declared, name) = (kernel.params.len(), &kernel.entry);
    if declared == wanted {
        return;
    }
    let site = match (kernel.params.get(wanted), kernel.params.last()) {
        (Some(first), Some(last)) => Site::between(first.site, last.site),
        _ => kernel.site,
    };
    let (s, verb) = (plural(wanted), if declared == 1 { "is" } else { "are" });
    let message = format!("`{name}` takes {wanted} parameter{s}, {declared} {verb} declared");
    diag.error(site, code, message).help(signature(kernel));
}

/// Each parameter has the kind and the size that the entry wants.
pub(crate) fn layout(kernel: &Kernel, code: Code, diag: &mut Diagnostics) {
    let Some(ptx) = kernel
        .ptx
        .as_ref()
        .filter(|it| it.len() == kernel.params.len())
    else {
        return;
    };
    for (param, wanted) in kernel.params.iter().zip(ptx) {
        if !fits(&param.ty, wanted) {
            let wants = format!("which the entry takes as `{wanted}`");
            differs(kernel, param, &wants, code, diag).help(remedy(wanted));
        }
    }
}

/// Whether PTX can pass such a parameter like this.
fn fits(ty: &KernelType, wanted: &PtxParam) -> bool {
    match ty {
        KernelType::Number { number, .. } => wanted.takes(*number),
        KernelType::Slice { .. } => wanted.takes_address(),
        // Its size is compared by the compiler.
        KernelType::Value(_) => wanted.size().is_some(),
        KernelType::Wrong => true,
    }
}

/// Each parameter has the type that the source gives it: signs, elements, what is only read.
pub(crate) fn types(kernel: &Kernel, code: Code, diag: &mut Diagnostics) {
    let params = kernel.params.iter();
    let Some(cuda) = kernel.cuda.as_ref().filter(|it| it.len() == params.len()) else {
        return;
    };
    if !kernel.is_declared {
        return;
    }
    for (at, (param, cuda)) in params.zip(cuda).enumerate() {
        // What differs from the PTX already has been told.
        let ptx = kernel.ptx.as_ref().and_then(|ptx| ptx.get(at));
        let fits = ptx.is_none_or(|ptx| fits(&param.ty, ptx));
        let right = match (&param.ty, &cuda.ty) {
            // What the source can't tell, or what has been told.
            (KernelType::Wrong, _)
            | (KernelType::Value(_), CudaType::Number(_))
            | (_, CudaType::Unknown) => true,
            (KernelType::Number { number, .. }, CudaType::Number(wanted)) => number == wanted,
            (KernelType::Slice { number, .. }, CudaType::Pointer { to, .. }) => {
                number.is_none() || to.is_none() || number == to
            }
            (KernelType::Slice { .. }, CudaType::Number(_)) | (_, CudaType::Pointer { .. }) => {
                false
            }
        };
        if !right && fits {
            let wants = format!("which the source declares as `{}`", cuda.text);
            differs(kernel, param, &wants, code, diag).help(format!("write `{}`", rust(cuda)));
        }
        if right {
            access(kernel, param, cuda, code, diag);
        }
    }
}

/// A slice is declared to be written exactly if the source may write to it.
fn access(
    kernel: &Kernel,
    param: &KernelParam,
    cuda: &CudaParam,
    code: Code,
    diag: &mut Diagnostics,
) {
    let (KernelType::Slice { is_mutable, .. }, CudaType::Pointer { is_constant, .. }) =
        (&param.ty, &cuda.ty)
    else {
        return;
    };
    let (entry, name, shown, text) = (&kernel.entry, &param.name, &param.shown, &cuda.text);
    match (is_mutable, is_constant) {
        (true, true) => {
            let message = format!("`{entry}` only reads `{name}`, which is declared as `{shown}`");
            diag.error(param.site, code, message)
                .help(format!("write `{}`", shown.replacen("&mut ", "&", 1)));
        }
        (false, false) => {
            let message =
                format!("`{entry}` may write to `{name}`, which is declared as `{shown}`");
            diag.error(param.site, code, message).help(format!(
                "write `{}`, or `const {text}` in the source if the kernel only reads it",
                shown.replacen('&', "&mut ", 1)
            ));
        }
        _ => {}
    }
}

fn differs<'a>(
    kernel: &Kernel,
    param: &KernelParam,
    wants: &str,
    code: Code,
    diag: &'a mut Diagnostics,
) -> &'a mut Mistake {
    let message = format!(
        "`{}` of `{}` is declared as `{}`, {wants}",
        param.name, kernel.entry, param.shown
    );
    diag.error(param.site, code, message)
}

/// How many parameters the entry has; the source tells it if there is no PTX.
fn wanted(kernel: &Kernel) -> Option<usize> {
    let ptx = kernel.ptx.as_ref().map(Vec::len);
    ptx.or_else(|| kernel.cuda.as_ref().map(Vec::len))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// What to write for a parameter that PTX declares like this.
fn remedy(wanted: &PtxParam) -> String {
    match wanted {
        PtxParam::Integer(64) => "write `u64`, `i64`, `&[T]` or `&mut [T]`".to_owned(),
        PtxParam::Integer(bits) => format!("write `u{bits}` or `i{bits}`"),
        PtxParam::Float(bits) => format!("write `f{bits}`"),
        PtxParam::Bits(bits) => format!("write a number of {bits} bits"),
        PtxParam::Pointer => "write `&[T]` or `&mut [T]`".to_owned(),
        PtxParam::Bytes { size, align } => {
            format!("write a `#[repr(C)]` type of {size} bytes, aligned to {align}")
        }
        PtxParam::Other(_) => "change the kernel: nothing in Rust is passed like this".to_owned(),
    }
}

/// All parameters that the entry has, as well as they are known.
fn signature(kernel: &Kernel) -> String {
    if let Some(cuda) = &kernel.cuda {
        let params = cuda.iter().map(|it| {
            let name = it.name.as_deref().unwrap_or("_");
            format!("{name}: {}", rust(it))
        });
        let params: Vec<_> = params.collect();
        return format!("write `{}({})`", kernel.entry, params.join(", "));
    }
    let params = kernel.ptx.iter().flatten().map(|it| format!("`{it}`"));
    let params: Vec<_> = params.collect();
    match params.len() {
        0 => "the entry takes none".to_owned(),
        _ => format!("the entry takes {}", params.join(", ")),
    }
}

/// The type in Rust of a parameter in CUDA C++.
fn rust(cuda: &CudaParam) -> String {
    match &cuda.ty {
        CudaType::Number(number) => number.to_string(),
        CudaType::Pointer { to, is_constant } => {
            let reference = if *is_constant { "&" } else { "&mut " };
            let to = to.map_or_else(|| "T".to_owned(), |to| to.to_string());
            format!("{reference}[{to}]")
        }
        CudaType::Unknown => "_".to_owned(),
    }
}
