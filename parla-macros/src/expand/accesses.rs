//! The data that a body uses: declared when the task is spawned, seen under its name in the body.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{Context, at, call, clauses, index};
use crate::diag::Site;
use crate::model::{Access, Body, GpuParameter, Mode, Spawn};

/// The statements that declare the accesses, and those that give them their names.
///
/// All are declared before the first gets its name: a later one may mean the variable that an
/// earlier one shadows.
pub(crate) struct Declarations {
    pub(crate) declare: TokenStream,
    pub(crate) name: TokenStream,
}

/// Those of `spawn`, for the task that `builder` describes.
pub(crate) fn declarations(spawn: &Spawn, builder: &Ident, context: &Context) -> Declarations {
    let (mut declare, mut name) = (TokenStream::new(), TokenStream::new());
    for (position, access) in spawn.accesses.iter().enumerate() {
        let local = local(position, access, context);
        declare.extend(declaration(access, &local, builder, context));
        let (span, of_body) = (at(access.name.span()), &access.name);
        // A call names what it declares by itself, where it does.
        if !matches!(&spawn.body, Body::Call { call, .. } if call::is_used(call, access)) {
            name.extend(quote_spanned!(span=> let #of_body = #local;));
        }
    }
    Declarations { declare, name }
}

/// The variable that holds the access of that position.
pub(super) fn local(position: usize, access: &Access, context: &Context) -> Ident {
    let blamed = Site::of_expr(&access.base).start();
    context.hygiene.local(&format!("access_{position}"), blamed)
}

/// `let local = …;`. Errors about the type are blamed on the data.
fn declaration(access: &Access, local: &Ident, builder: &Ident, context: &Context) -> TokenStream {
    let blamed = Site::of_expr(&access.base).start();
    let span = at(blamed);
    let base = clauses::receiver(&access.base);
    let data = match &access.dims {
        None => quote_spanned!(span=> &#base),
        Some(dims) => {
            let select = context.paths.private("SelectRegion", blamed);
            let dims = dims.iter().filter(|it| it.is_upward());
            let dims = dims.map(|it| index::dim(it, context));
            quote_spanned!(span=> &#select::select_region(&#base, &[#(#dims),*], &mut #builder))
        }
    };
    let (owner, method) = match access.mode {
        Mode::Input => ("AsInput", "declare_input"),
        Mode::Output => ("AsOutput", "declare_output"),
        Mode::Inout => ("AsInout", "declare_inout"),
        Mode::Commute => ("AsInout", "declare_commute"),
        Mode::Reduce => ("AsReduction", "declare_reduce"),
    };
    let (owner, method) = (
        context.paths.private(owner, blamed),
        Ident::new(method, span),
    );
    quote_spanned!(span=> let #local = #owner::#method(#data, &mut #builder);)
}

/// The statements by which a body sees the data: elements on the host, or on the GPU that it takes.
pub(crate) fn views(spawn: &Spawn, context: &Context) -> TokenStream {
    let gpu = spawn.gpu_parameter().map(|it| gpu(&it, context));
    let view = |access: &Access| {
        let (name, span) = (&access.name, at(access.name.span()));
        let private = |it| context.paths.private(it, access.name.span());
        match (access.mode, &gpu) {
            (Mode::Input, None) => host_view(access, name),
            (Mode::Input, Some(gpu)) => {
                let on_gpu = private("OnGpu");
                quote_spanned!(span=> let #name = #on_gpu::on_gpu(&#name, #gpu);)
            }
            (_, None) => {
                let view = host_view(access, name);
                quote_spanned!(span=> let mut #name = #name; #view)
            }
            (_, Some(gpu)) => {
                let on_gpu = private("OnGpuMut");
                quote_spanned! {span=>
                    let mut #name = #name;
                    #[allow(unused_mut)]
                    let mut #name = #on_gpu::on_gpu_mut(&mut #name, #gpu);
                }
            }
        }
    };
    spawn.accesses.iter().map(view).collect()
}

/// The name of an access, for what `local` has on the host.
pub(super) fn host_view(access: &Access, local: &Ident) -> TokenStream {
    let (name, span) = (&access.name, at(access.name.span()));
    match access.mode {
        Mode::Input => quote_spanned!(span=> let #name = #local.get();),
        _ => quote_spanned! {span=>
            #[allow(unused_mut)]
            let mut #name = #local.get_mut();
        },
    }
}

/// The GPU on which a body sees data: its only one, or the first.
fn gpu(parameter: &GpuParameter, context: &Context) -> TokenStream {
    let span = parameter.span();
    let gpu = context.hygiene.local("gpu", span);
    if !parameter.is_set {
        return quote_spanned!(at(span)=> &#gpu);
    }
    let first = context.paths.private("first_gpu", span);
    quote_spanned!(at(span)=> #first(&#gpu))
}
