//! Gives accesses their meaning: what they are to, and of that which region.

use syn::Expr;

use super::index::subscript;
use crate::diag::Site;
use crate::model::{Access, Mode, Subscript};
use crate::parse::{self, Element};

/// The access that an element of a clause is.
pub(crate) fn access(access: parse::Access) -> Access {
    let parse::Access {
        clause,
        name,
        value,
    } = access;
    let mode = match clause.to_string().as_str() {
        "input" => Mode::Input,
        "output" => Mode::Output,
        "inout" => Mode::Inout,
        "commute" => Mode::Commute,
        _ => Mode::Reduce,
    };
    let variable = |name| {
        Expr::Path(syn::ExprPath {
            attrs: Vec::new(),
            qself: None,
            path: syn::Path::from(name),
        })
    };
    let (base, dims, site) = match value {
        Some(Element::Selection(selection)) => {
            let Subscript { base, dims, span } = subscript(selection);
            let site = Site::between(Site::of_expr(&base), span.into());
            (*base, Some(dims), site)
        }
        Some(Element::Expr(expr)) => {
            let site = Site::of_expr(&expr);
            (expr, None, site)
        }
        // The syntax has no lists here.
        Some(Element::List { .. }) | None => {
            let site = name.span().into();
            (variable(name.clone()), None, site)
        }
    };
    Access {
        name,
        mode,
        base,
        dims,
        site,
    }
}
