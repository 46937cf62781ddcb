//! The kernels of a module without declarations, as their source declares them.

use proc_macro2::{Ident, Span};
use syn::{Type, Visibility};

use super::{Files, cpp_name};
use crate::abi::{CudaParam, CudaType, Number, PtxParam};
use crate::diag::{Code, Diagnostics};
use crate::model::{Kernel, KernelParam, KernelType};
use crate::parse::kernels::{CudaKernel, Ptx};

impl Files<'_> {
    /// The kernels of a module without declarations, as the source declares them.
    pub(super) fn derived(&self, module: &Ident, diag: &mut Diagnostics) -> Vec<Kernel> {
        let Some(cuda) = self.cuda else {
            // That they are missing has been said.
            if let Some(ptx) = self.ptx {
                self.types_unknown(module, ptx, diag);
            }
            return Vec::new();
        };
        // Without PTX that counts, the source is all there is for stubs.
        let Some(ptx) = self.ptx else {
            let kernels = cuda.kernels.iter();
            return kernels
                .filter_map(|it| self.derive(it, None, diag))
                .collect();
        };
        let mut kernels = Vec::new();
        for entry in &ptx.entries {
            if let Some(kernel) = self.cuda_kernel(&entry.name) {
                kernels.extend(self.derive(kernel, Some(&entry.params), diag));
                continue;
            }
            if let Some(name) = cpp_name(&entry.name) {
                let message = format!("the kernel `{name}` has a C++ name in the PTX");
                diag.error(self.site, Code::P0008, message).help(format!(
                    "write `extern \"C\" __global__ void {name}(…)` in `{}`, and build it again",
                    cuda.path
                ));
                continue;
            }
            let message = format!(
                "`{}` does not show how `{}` is declared",
                cuda.path, entry.name
            );
            diag.error(self.site, Code::P0008, message).help(format!(
                "declare the kernels that you launch behind the path: `{{ pub fn {}(…); }}`",
                entry.name
            ));
        }
        kernels
    }

    fn derive(
        &self,
        cuda: &CudaKernel,
        ptx: Option<&Vec<PtxParam>>,
        diag: &mut Diagnostics,
    ) -> Option<Kernel> {
        let Some(name) = identifier(&cuda.name, self.site.start()) else {
            let message = format!("`{}` is no name in Rust", cuda.name);
            diag.error(self.site, Code::P0008, message)
                .help("give the kernel another one");
            return None;
        };
        let params = cuda.params.iter().enumerate();
        let params: Vec<_> = params.map(|(at, it)| self.derive_param(at, it)).collect();
        let unknown = params
            .iter()
            .position(|it| matches!(it.ty, KernelType::Wrong));
        if let Some(at) = unknown {
            let message = format!(
                "`{}` takes `{}`, whose type in Rust can't be told from its source",
                cuda.name, cuda.params[at].text
            );
            diag.error(self.site, Code::P0008, message).help(format!(
                "declare the kernels that you launch behind the path: `{{ pub fn {}(…); }}`",
                cuda.name
            ));
        }
        Some(Kernel {
            attrs: Vec::new(),
            docs: cuda.docs.clone(),
            vis: Visibility::Public(syn::token::Pub(self.site.start())),
            name,
            entry: cuda.name.clone(),
            params,
            ptx: ptx.cloned(),
            cuda: Some(cuda.params.clone()),
            site: self.site,
            is_declared: false,
        })
    }

    fn derive_param(&self, at: usize, cuda: &CudaParam) -> KernelParam {
        let span = self.site.start();
        let name = cuda.name.as_deref().and_then(|name| identifier(name, span));
        let number_type = |number: Number| {
            let name = Ident::new(&number.to_string(), span);
            Type::Verbatim(quote::quote!(#name))
        };
        let (ty, shown) = match &cuda.ty {
            CudaType::Number(number) => {
                let ty = number_type(*number);
                (
                    KernelType::Number {
                        number: *number,
                        ty,
                    },
                    number.to_string(),
                )
            }
            CudaType::Pointer {
                to: Some(to),
                is_constant,
            } => {
                let ty = KernelType::Slice {
                    element: number_type(*to),
                    number: Some(*to),
                    is_mutable: !is_constant,
                };
                let reference = if *is_constant { "&" } else { "&mut " };
                (ty, format!("{reference}[{to}]"))
            }
            _ => (KernelType::Wrong, cuda.text.clone()),
        };
        KernelParam {
            name: name.unwrap_or_else(|| Ident::new(&format!("p{at}"), span)),
            ty,
            shown,
            site: self.site,
        }
    }

    /// PTX alone tells no pointer from an integer, and no sign.
    fn types_unknown(&self, module: &Ident, ptx: &Ptx, diag: &mut Diagnostics) {
        let first = ptx.entries.first().map_or("name", |it| it.name.as_str());
        diag.error(
            self.site,
            Code::P0008,
            "the types of parameters can't be told from PTX alone",
        )
        .help(format!(
            "name the `.cu` beside it, or declare the kernels: \
             `mod {module} = … {{ pub fn {first}(…); }}`"
        ));
    }
}

/// The name in Rust of a name in C: raw if it is a keyword.
fn identifier(name: &str, span: Span) -> Option<Ident> {
    let mut ident = syn::parse_str::<Ident>(name).or_else(|_| syn::parse_str(&format!("r#{name}")));
    if ident.is_err() {
        // `self` and its like can't even be raw.
        ident = syn::parse_str(&format!("{name}_"));
    }
    let mut ident = ident.ok()?;
    ident.set_span(span);
    Some(ident)
}
