//! How a GPU variant is called with the arguments of its task function: data on the host is staged
//! on the device, and what the variant has changed comes back.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{ItemFn, Lifetime, Path, TypeReference};

use super::paths::Paths;
use crate::model::{DeviceData, VariantParameter as Parameter};

/// The `impl` by which the variant can be called; nothing for a generic one, which can't.
pub(crate) fn gpu_body(function: &ItemFn, of: &Path, paths: &Paths, span: Span) -> TokenStream {
    let parameters = function.sig.inputs.iter().filter_map(Parameter::of);
    let generics = &function.sig.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        return TokenStream::new();
    }
    let own = generics.lifetimes().map(|it| it.lifetime.clone());
    let mut lifetimes = Lifetimes {
        named: own.collect(),
    };
    let (mut types, mut bounds, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let (mut before, mut given, mut after) = (TokenStream::new(), Vec::new(), TokenStream::new());
    for (position, parameter) in parameters.enumerate() {
        let name = format_ident!("argument_{position}", span = span);
        let generic = format_ident!("Argument{position}", span = span);
        let staged = format_ident!("staged_{position}", span = span);
        match parameter {
            Parameter::Gpu => {
                let current = paths.private("current_gpu", span);
                given.push(quote_spanned!(span=> &#current()));
                continue;
            }
            Parameter::Read(data) => {
                let argument = data_trait(&data, "SliceArgument", "ViewArgument", paths, span);
                bounds.push(quote_spanned!(span=> #generic: #argument));
                types.push(quote_spanned!(span=> #generic));
                before.extend(quote_spanned! {span=>
                    let mut #name = #name;
                    let #staged = <#generic as #argument>::on_gpu(&mut #name)?;
                });
                let get = format_ident!("{}", data.form(), span = span);
                let reference = data.is_borrowed.then(|| quote_spanned!(span=> &));
                given.push(quote_spanned!(span=> #reference #staged.#get()));
            }
            Parameter::Write(data) => {
                let argument =
                    data_trait(&data, "SliceArgumentMut", "ViewArgumentMut", paths, span);
                bounds.push(quote_spanned!(span=> #generic: #argument));
                types.push(quote_spanned!(span=> #generic));
                before.extend(quote_spanned! {span=>
                    let mut #name = #name;
                    let mut #staged = <#generic as #argument>::on_gpu_mut(&mut #name)?;
                });
                let get = format_ident!("{}_mut", data.form(), span = span);
                let reference = data.is_borrowed.then(|| quote_spanned!(span=> &mut));
                given.push(quote_spanned!(span=> #reference #staged.#get()));
                after.extend(quote_spanned!(span=> #staged.finish()?;));
            }
            Parameter::Value(mut ty) => {
                lifetimes.visit_type_mut(&mut ty);
                types.push(quote_spanned!(span=> #ty));
                given.push(quote_spanned!(span=> #name));
            }
        }
        names.push(name);
    }
    let name = &function.sig.ident;
    let output = output(function, span);
    let call = quote_spanned!(span=> #name(#(#given),*));
    let body = if after.is_empty() {
        quote_spanned!(span=> #before #call)
    } else {
        quote_spanned!(span=> #before let result_ = #call?; #after ::core::result::Result::Ok(result_))
    };
    let lifetimes = lifetimes.named;
    let generics = bounds.iter();
    let gpu_body = paths.private("GpuBody", span);
    quote_spanned! {span=>
        #[automatically_derived]
        impl<#(#lifetimes,)* #(#generics),*> #gpu_body<(#(#types,)*)> for #of {
            type Output = #output;

            fn run((#(#names,)*): (#(#types,)*)) -> Self::Output {
                #body
            }
        }
    }
}

/// What an argument must be for that parameter.
fn data_trait(
    data: &DeviceData,
    of_slice: &str,
    of_view: &str,
    paths: &Paths,
    span: Span,
) -> TokenStream {
    let element = &data.element;
    match &data.dimension {
        None => {
            let slice = paths.private(of_slice, span);
            quote_spanned!(span=> #slice<#element>)
        }
        Some(dimension) => {
            let view = paths.private(of_view, span);
            quote_spanned!(span=> #view<#element, #dimension>)
        }
    }
}

fn output(function: &ItemFn, span: Span) -> TokenStream {
    match &function.sig.output {
        syn::ReturnType::Default => quote_spanned!(span=> ()),
        syn::ReturnType::Type(_, ty) => quote_spanned!(span=> #ty),
    }
}

/// Names the lifetimes that a type leaves out.
struct Lifetimes {
    named: Vec<Lifetime>,
}

impl Lifetimes {
    fn next(&mut self, span: Span) -> Lifetime {
        let lifetime = Lifetime::new(&format!("'argument_{}", self.named.len()), span);
        self.named.push(lifetime.clone());
        lifetime
    }
}

impl VisitMut for Lifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|it| it.ident == "_") {
            reference.lifetime = Some(self.next(reference.and_token.span));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == Ident::new("_", lifetime.ident.span()) {
            *lifetime = self.next(lifetime.apostrophe);
        }
    }
}
