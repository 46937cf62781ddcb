//! Modules of kernels: the grammar of `kernels!`, and the files that they name.
//!
//! ```text
//! kernels  = [ "crate" "=" path ";" ] { module }
//! module   = attrs vis "mod" name "=" image ( ";" | "{" { function } "}" )
//! image    = string | "ptx" string
//! function = attrs vis "fn" name "(" { name ":" type "," } ")" ";"
//! ```

mod cuda_source;
mod cuda_words;
mod files;
mod ptx;

pub(crate) use cuda_source::CudaKernel;
#[cfg(test)]
pub(super) use cuda_source::cuda_source;
#[cfg(test)]
pub(super) use files::hash;
pub(crate) use files::{CudaFile, Files, Image, rebuild};
#[cfg(test)]
pub(super) use ptx::ptx;
pub(crate) use ptx::{Entry, Ptx, SOURCE_LINE};

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, FnArg, ForeignItemFn, LitStr, Pat, Path, ReturnType, Token, Type, Visibility,
};

use super::clause::krate;
use super::split::{Chunk, at_semicolons};
use crate::diag::{Code, Diagnostics, Site};

/// What stands in `kernels!`.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    pub(crate) modules: Vec<Module>,
    pub(crate) krate: Option<Path>,
}

/// A module, and what the files say that it names.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The string that names the files or is the text.
    pub(crate) site: Site,
    /// Absent if they can't be read, which is recorded.
    pub(crate) files: Option<Files>,
    /// The functions in braces, if there are braces.
    pub(crate) functions: Option<Vec<Function>>,
}

/// A function that is declared for an entry.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) params: Vec<(Ident, Type)>,
}

/// Reads all modules, and the files that they name.
pub(crate) fn kernels(tokens: TokenStream, diag: &mut Diagnostics) -> Kernels {
    let mut kernels = Kernels {
        modules: Vec::new(),
        krate: None,
    };
    for chunk in items(tokens) {
        match chunk.assignment() {
            Some(given) if given.name == "crate" => {
                let mut value = given.value;
                value.pop_if(|last| is_semicolon(last));
                kernels.krate = krate(&value, diag);
            }
            _ => kernels.modules.extend(module(&chunk, diag)),
        }
    }
    kernels
}

/// Cuts the tokens behind each semicolon and each pair of braces, so that one module that can't be
/// read does not hide the next.
fn items(tokens: TokenStream) -> Vec<Chunk> {
    let mut items = Vec::new();
    let mut current = Vec::new();
    for token in tokens {
        let ends = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            other => is_semicolon(other),
        };
        current.push(token);
        if ends {
            let tokens = std::mem::take(&mut current);
            items.push(Chunk { tokens });
        }
    }
    if !current.is_empty() {
        items.push(Chunk { tokens: current });
    }
    items
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

/// The syntax of a module, before its files are read.
struct Head {
    attrs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    is_text: bool,
    string: LitStr,
    braces: Option<TokenStream>,
}

fn module(chunk: &Chunk, diag: &mut Diagnostics) -> Option<Module> {
    let head = match head.parse2(chunk.stream()) {
        Ok(head) => head,
        Err(error) => {
            let message = format!("a module of kernels can't be read here: {error}");
            let site = match error.to_string().starts_with("unexpected end") {
                true => Site::of(chunk.stream(), chunk.first_span()),
                false => error.span().into(),
            };
            diag.error(site, Code::P0010, message)
                .help("write `pub mod name = \"kernels/name.cu\";`");
            return None;
        }
    };
    let files = match head.is_text {
        true => Some(files::text(head.string.clone())),
        false => files::read(&head.string, diag),
    };
    let functions = head.braces.map(|braces| {
        let functions = at_semicolons(braces);
        functions
            .iter()
            .filter_map(|it| function(it, diag))
            .collect()
    });
    Some(Module {
        attrs: head.attrs,
        vis: head.vis,
        name: head.name,
        site: head.string.span().into(),
        files,
        functions,
    })
}

fn head(input: ParseStream<'_>) -> syn::Result<Head> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    input.parse::<Token![mod]>()?;
    let name = input.parse()?;
    input.parse::<Token![=]>()?;
    let is_text = match input.parse::<Option<Ident>>()? {
        Some(word) if word == "ptx" => true,
        Some(word) => {
            return Err(syn::Error::new(
                word.span(),
                "expected a string, or `ptx` and one",
            ));
        }
        None => false,
    };
    let string = input.parse()?;
    let braces = match input.parse::<Option<Token![;]>>()? {
        Some(_) => None,
        None => {
            let content;
            syn::braced!(content in input);
            Some(content.parse()?)
        }
    };
    Ok(Head {
        attrs,
        vis,
        name,
        is_text,
        string,
        braces,
    })
}

fn function(chunk: &Chunk, diag: &mut Diagnostics) -> Option<Function> {
    let mut tokens = chunk.stream();
    tokens.extend(quote::quote!(;));
    let item = match syn::parse2::<ForeignItemFn>(tokens) {
        Ok(item) => item,
        Err(error) => {
            let message = format!("a kernel can't be read here: {error}");
            let site = match error.span().source_text() {
                // The semicolon is not the user's.
                None => Site::of(chunk.stream(), chunk.first_span()),
                Some(_) => error.span().into(),
            };
            diag.error(site, Code::P0010, message)
                .help("write `pub fn name(n: u32, x: &[f32], y: &mut [f32]);`");
            return None;
        }
    };
    let sig = item.sig;
    refuse_modifiers(&sig, diag);
    let mut params = Vec::new();
    for (at, input) in sig.inputs.iter().enumerate() {
        match input {
            FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    Pat::Ident(name) if name.subpat.is_none() && name.mutability.is_none() => {
                        name.ident.clone()
                    }
                    pat => {
                        let site = Site::of(pat, sig.ident.span());
                        diag.error(site, Code::P0010, "a parameter of a kernel is a name");
                        Ident::new(&format!("p{at}"), site.start())
                    }
                };
                params.push((name, (*typed.ty).clone()));
            }
            FnArg::Receiver(receiver) => {
                let site = Site::of(receiver, sig.ident.span());
                diag.error(site, Code::P0010, "a kernel is no method").help(
                    "leave `self` out: the GPU and the configuration come before what is declared",
                );
            }
        }
    }
    Some(Function {
        attrs: item.attrs,
        vis: item.vis,
        name: sig.ident,
        params,
    })
}

/// A kernel is launched: it returns nothing, and waits for nothing.
fn refuse_modifiers(sig: &syn::Signature, diag: &mut Diagnostics) {
    let mut words: Vec<(&str, Span)> = Vec::new();
    words.extend(sig.constness.map(|it| ("const", it.span)));
    words.extend(sig.asyncness.map(|it| ("async", it.span)));
    words.extend(sig.abi.as_ref().map(|it| ("extern", it.extern_token.span)));
    if let syn::Safety::Unsafe(word) = &sig.safety {
        words.push(("unsafe", word.span));
    }
    for (word, span) in words {
        diag.error(span, Code::P0010, format!("a kernel can't be `{word}`"))
            .help(format!("leave `{word}` out"));
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let site = Site::of(&sig.generics.params, sig.ident.span());
        diag.error(site, Code::P0010, "a kernel can't be generic")
            .help("declare one function for each entry");
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        diag.error(
            Site::of(ty, sig.ident.span()),
            Code::P0010,
            "a kernel returns nothing",
        )
        .help("take a slice that it writes its results to, `&mut [T]`");
    }
    if let Some(variadic) = &sig.variadic {
        let site = Site::of(variadic, sig.ident.span());
        diag.error(site, Code::P0010, "the parameters of a kernel are fixed");
    }
}
