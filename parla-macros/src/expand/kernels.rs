//! Modules of kernels: a static image, and a function that launches each entry.

use std::path::Path;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::paths::Paths;
use super::{Hygiene, at};
use crate::abi::PtxParam;
use crate::diag::Site;
use crate::model::{Kernel, KernelImage, KernelModule, KernelParam, KernelType, Kernels};

/// All modules. If not all `is_right`, the functions have their signatures and nothing in them.
pub(crate) fn kernels(kernels: &Kernels, is_right: bool, hygiene: &Hygiene) -> TokenStream {
    let paths = Paths::new(kernels.krate.clone());
    let modules = kernels.modules.iter();
    let modules = modules.map(|it| module(it, is_right, hygiene, &paths));
    modules.collect()
}

fn module(module: &KernelModule, is_right: bool, hygiene: &Hygiene, paths: &Paths) -> TokenStream {
    let KernelModule {
        attrs, vis, name, ..
    } = module;
    let span = at(module.site.start());
    let image = hygiene.local("IMAGE", module.site.start());
    let statics = is_right.then(|| statics(module, &image, paths));
    let functions = module.kernels.iter();
    let functions = functions.map(|kernel| function(kernel, &image, is_right, paths));
    let functions: TokenStream = functions.collect();
    // A type of the program is named as it is seen where the module stands.
    let names_types = module.kernels.iter().flat_map(|it| &it.params);
    let names_types = names_types.filter(|it| is_named(&it.ty)).count() > 0;
    let names = names_types.then(|| quote_spanned!(span=> #[allow(unused_imports)] use super::*;));
    quote! {
        #(#attrs)*
        #vis mod #name {
            #names
            #statics
            #functions
        }
    }
}

/// Whether the type may be one of the program.
fn is_named(ty: &KernelType) -> bool {
    match ty {
        KernelType::Value(_) => true,
        KernelType::Slice { number, .. } => number.is_none(),
        KernelType::Number { .. } | KernelType::Wrong => false,
    }
}

/// The image; and what makes cargo build again when the source changes.
fn statics(module: &KernelModule, image: &Ident, paths: &Paths) -> Option<TokenStream> {
    let site = module.site.start();
    let span = at(site);
    let ptx = match module.image.as_ref()? {
        KernelImage::File(path) => {
            let path = from_crate(path, module);
            quote_spanned!(span=> ::core::include_str!(#path))
        }
        KernelImage::Text(text) => quote!(#text),
    };
    let source = module.source.as_ref().map(|source| {
        let path = from_crate(&source.path, module);
        quote_spanned!(span=> const _: &[u8] = ::core::include_bytes!(#path);)
    });
    let ty = paths.gpu("Image", site);
    let name = LitStr::new(&module.name.to_string(), site);
    let is_unused = module.kernels.is_empty();
    let allow = is_unused.then(|| quote_spanned!(span=> #[allow(dead_code)]));
    Some(quote_spanned! {span=>
        #allow
        static #image: #ty = #ty::new(#name, #ptx);
        #source
    })
}

/// A path for `include_str!`, which would begin at the source file otherwise.
fn from_crate(path: &str, module: &KernelModule) -> TokenStream {
    let site = module.site.start();
    let span = at(site);
    if Path::new(path).is_absolute() {
        let path = LitStr::new(path, site);
        return quote_spanned!(span=> #path);
    }
    let path = LitStr::new(&format!("/{path}"), site);
    quote_spanned!(span=> ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))
}

fn function(kernel: &Kernel, image: &Ident, is_right: bool, paths: &Paths) -> TokenStream {
    let Kernel {
        attrs,
        docs,
        vis,
        name,
        entry,
        params,
        ..
    } = kernel;
    let site = name.span();
    let span = at(site);
    let gpu_type = paths.gpu("Gpu", site);
    let config_type = paths.gpu("LaunchConfig", site);
    let result = paths.gpu("Result", site);
    let declarations = params.iter().map(|it| declaration(it, paths));
    let gpu = Ident::new("gpu", span);
    let config = Ident::new("config", span);
    let unused = (!is_right).then(|| quote_spanned!(span=> #[allow(unused_variables)]));
    let body = if is_right {
        let launch = paths.gpu("launch", site);
        let arguments = params.iter().map(|it| argument(it, paths));
        let sizes = params.iter().zip(kernel.ptx.iter().flatten());
        let sizes = sizes.filter_map(|(param, ptx)| size(kernel, param, ptx));
        quote_spanned! {span=>
            #(#sizes)*
            #launch(#gpu, &#image, #entry, ::core::convert::Into::into(#config), &[#(#arguments),*])
        }
    } else {
        quote_spanned!(span=> ::core::unreachable!())
    };
    let has_docs = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let docs = match (has_docs, docs.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => docs.iter().map(|line| format!(" {line}")).collect(),
        (false, true) => vec![format!(" Launches the kernel `{entry}`.")],
    };
    quote_spanned! {span=>
        #(#[doc = #docs])*
        #(#attrs)*
        #unused
        #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
        #vis fn #name(
            #gpu: &#gpu_type,
            #config: impl ::core::convert::Into<#config_type>,
            #(#declarations),*
        ) -> #result<()> {
            #body
        }
    }
}

fn declaration(param: &KernelParam, paths: &Paths) -> TokenStream {
    let name = &param.name;
    let span = at(param.site.start());
    match &param.ty {
        KernelType::Number { ty, .. } | KernelType::Value(ty) => quote_spanned!(span=> #name: #ty),
        KernelType::Slice {
            element,
            is_mutable,
            ..
        } => {
            let bound = match is_mutable {
                true => paths.gpu("AsDeviceSliceMut", param.site.start()),
                false => paths.gpu("AsDeviceSlice", param.site.start()),
            };
            let mutable = is_mutable.then(|| quote_spanned!(span=> mut));
            quote_spanned!(span=> #name: &#mutable (impl #bound<#element> + ?::core::marker::Sized))
        }
        KernelType::Wrong => quote_spanned!(span=> #name: impl ::core::marker::Sized),
    }
}

fn argument(param: &KernelParam, paths: &Paths) -> TokenStream {
    let name = &param.name;
    let site = param.site.start();
    let span = at(site);
    let ty = paths.gpu("Argument", site);
    match &param.ty {
        KernelType::Slice {
            element,
            is_mutable,
            ..
        } => {
            let make = if *is_mutable { "slice_mut" } else { "slice" };
            let make = Ident::new(make, span);
            quote_spanned!(span=> #ty::#make::<#element>(#name))
        }
        KernelType::Number { ty: value, .. } | KernelType::Value(value) => {
            quote_spanned!(span=> #ty::scalar::<#value>(&#name))
        }
        KernelType::Wrong => quote_spanned!(span=> #ty::scalar(&#name)),
    }
}

/// A type of the program has the size that the entry takes.
fn size(kernel: &Kernel, param: &KernelParam, ptx: &PtxParam) -> Option<TokenStream> {
    let (KernelType::Value(ty), Some(size)) = (&param.ty, ptx.size()) else {
        return None;
    };
    let span = at(Site::of(ty, param.site.start()).start());
    let size = usize::try_from(size).ok()?;
    let message = format!(
        "P0008: `{}` of `{}` is declared as `{}`, which the entry takes as `{ptx}`",
        param.name, kernel.entry, param.shown
    );
    Some(quote_spanned! {span=>
        const _: () = ::core::assert!(::core::mem::size_of::<#ty>() == #size, #message);
    })
}
