//! Syntax of `kernels!` to model: brings the declarations in Rust, PTX and CUDA C++ together.

mod derived;

use proc_macro2::Ident;
use syn::Type;

use crate::abi::Number;
use crate::diag::{Code, Diagnostics, Site, shown};
use crate::model::{
    Kernel, KernelImage, KernelModule, KernelParam, KernelSource, KernelType, Kernels,
};
use crate::parse::kernels::{self as syntax, CudaFile, Entry, Image, Ptx};
use crate::parse::nearest;

/// All modules.
pub(crate) fn kernels(syntax: syntax::Kernels, diag: &mut Diagnostics) -> Kernels {
    let modules = syntax.modules.into_iter();
    Kernels {
        modules: modules.map(|it| module(it, diag)).collect(),
        krate: syntax.krate,
    }
}

fn module(syntax: syntax::Module, diag: &mut Diagnostics) -> KernelModule {
    let (image, ptx, cuda) = match syntax.files {
        Some(files) => (Some(files.image), files.ptx, files.cuda),
        None => (None, None, None),
    };
    let source = cuda.as_ref().map(|cuda| KernelSource {
        path: cuda.path.clone(),
        hash: cuda.hash.clone(),
        rebuild: syntax::rebuild(&cuda.path),
        line: syntax::SOURCE_LINE,
        built_from: ptx.as_ref().map(|ptx| ptx.source.clone()),
    });
    // What stale PTX says differs from its source because it is stale.
    let is_current = source.as_ref().is_none_or(KernelSource::is_current);
    let files = Files {
        site: syntax.site,
        ptx: ptx.as_ref().filter(|_| is_current),
        cuda: cuda.as_ref(),
    };
    let kernels = match syntax.functions {
        Some(functions) => functions
            .into_iter()
            .map(|it| files.declared(it, diag))
            .collect(),
        None => files.derived(&syntax.name, diag),
    };
    let image = image.map(|image| match image {
        Image::File(path) => KernelImage::File(path),
        Image::Text(text) => KernelImage::Text(text),
    });
    KernelModule {
        attrs: syntax.attrs,
        vis: syntax.vis,
        name: syntax.name,
        site: syntax.site,
        image,
        source,
        kernels,
    }
}

/// What the files of a module say.
struct Files<'a> {
    site: Site,
    ptx: Option<&'a Ptx>,
    cuda: Option<&'a CudaFile>,
}

impl Files<'_> {
    fn entry(&self, name: &str) -> Option<&Entry> {
        let entries = self.ptx.iter().flat_map(|ptx| &ptx.entries);
        entries.into_iter().find(|entry| entry.name == name)
    }

    fn cuda_kernel(&self, name: &str) -> Option<&syntax::CudaKernel> {
        let kernels = self.cuda.iter().flat_map(|cuda| &cuda.kernels);
        kernels.into_iter().find(|kernel| kernel.name == name)
    }

    /// The kernel of a declared function.
    fn declared(&self, function: syntax::Function, diag: &mut Diagnostics) -> Kernel {
        let name = &function.name;
        let entry_name = name.to_string();
        let entry_name = entry_name.trim_start_matches("r#").to_owned();
        let entry = self.entry(&entry_name);
        if entry.is_none() && self.ptx.is_some() {
            self.unknown_entry(name, &entry_name, diag);
        }
        let params = function.params.into_iter().map(|(name, ty)| {
            let shown = shown_type(&ty);
            let site = Site::between(name.span().into(), Site::of(&ty, name.span()));
            let ty = kernel_type(ty);
            if matches!(ty, KernelType::Wrong) {
                let message = format!("a kernel can't take `{shown}`");
                diag.error(site, Code::P0008, message)
                    .help("it takes numbers, `&[T]`, `&mut [T]`, and types of your own by value");
            }
            KernelParam {
                name,
                ty,
                shown,
                site,
            }
        });
        Kernel {
            params: params.collect(),
            docs: self
                .cuda_kernel(&entry_name)
                .map_or_else(Vec::new, |it| it.docs.clone()),
            attrs: function.attrs,
            vis: function.vis,
            site: function.name.span().into(),
            ptx: entry.map(|entry| entry.params.clone()),
            cuda: self.cuda_kernel(&entry_name).map(|it| it.params.clone()),
            name: function.name,
            entry: entry_name,
            is_declared: true,
        }
    }

    fn unknown_entry(&self, name: &Ident, entry: &str, diag: &mut Diagnostics) {
        let entries = self.ptx.map_or(&[][..], |ptx| &ptx.entries);
        let names: Vec<_> = entries.iter().map(|it| it.name.as_str()).collect();
        let message = format!("there is no entry `{entry}` in the PTX");
        let mistake = diag.error(name.span(), Code::P0008, message);
        if names.iter().any(|it| cpp_name(it) == Some(entry)) {
            mistake.help(format!(
                "it has a C++ name there: write `extern \"C\" __global__ void {entry}(…)` in its source"
            ));
        } else if let Some(near) = nearest(entry, &names) {
            mistake.help(format!("did you mean `{near}`?"));
        } else if names.is_empty() {
            mistake.help("it has none: an entry begins with `.visible .entry name`");
        } else {
            let names: Vec<_> = names.iter().map(|it| format!("`{it}`")).collect();
            mistake.help(format!("its entries are {}", names.join(", ")));
        }
    }
}

/// A type as one would write it.
fn shown_type(ty: &Type) -> String {
    let text = shown(ty).replace("mut[", "mut [");
    text.replace("* const ", "*const ")
        .replace("* mut ", "*mut ")
}

/// What a declared type means.
fn kernel_type(ty: Type) -> KernelType {
    match ty {
        Type::Reference(reference) => match *reference.elem {
            Type::Slice(slice) => KernelType::Slice {
                number: number(&slice.elem),
                element: *slice.elem,
                is_mutable: reference.mutability.is_some(),
            },
            _ => KernelType::Wrong,
        },
        // What a declarative macro puts in for `$t`.
        Type::Group(group) => kernel_type(*group.elem),
        Type::Paren(paren) => kernel_type(*paren.elem),
        Type::Path(_) => match number(&ty) {
            Some(number) => KernelType::Number { number, ty },
            None => KernelType::Value(ty),
        },
        Type::Array(_) => KernelType::Value(ty),
        _ => KernelType::Wrong,
    }
}

fn number(ty: &Type) -> Option<Number> {
    match ty {
        Type::Path(path) => Number::of_rust(&path.path.get_ident()?.to_string()),
        Type::Group(group) => number(&group.elem),
        Type::Paren(paren) => number(&paren.elem),
        _ => None,
    }
}

/// The function that an entry is named for, if that is by the rules of C++: `_Z5saxpyjf`.
fn cpp_name(entry: &str) -> Option<&str> {
    let rest = entry.strip_prefix("_Z")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let length: usize = rest.get(..digits)?.parse().ok()?;
    rest.get(digits..)?.get(..length)
}
