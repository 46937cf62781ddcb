//! Finds and takes the attribute `#[spawn]` among the attributes of a statement, an item or an
//! expression.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Item, Meta, Path, Stmt};

use crate::diag::{Code, Diagnostics, Site};

/// `#[spawn]`, `#[parla::spawn]`, or under whatever name the crate goes.
pub(crate) fn is_spawn(attr: &Attribute) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "spawn")
}

/// Whether `attr` is one that expands the spawns in the function it stands on.
pub(crate) fn expands_spawns(attr: &Attribute) -> bool {
    const NAMES: &[&str] = &["main", "test", "task_graph", "spawn"];
    let last = attr.path().segments.last();
    last.is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// Takes `#[spawn]` out of `attrs`; a second one is recorded as a mistake.
pub(crate) fn take(attrs: &mut Vec<Attribute>, diag: &mut Diagnostics) -> Option<Attribute> {
    let at = attrs.iter().position(is_spawn)?;
    let spawn = attrs.remove(at);
    while let Some(second) = attrs.iter().position(is_spawn) {
        let second = attrs.remove(second);
        diag.error(
            Site::of(second.path(), second.pound_token.span),
            Code::P0007,
            "`spawn` is given twice",
        )
        .also(
            Site::of(spawn.path(), spawn.pound_token.span),
            "`spawn` is first given here",
        );
    }
    Some(spawn)
}

/// An attribute `#[spawn(…)]` as it was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its name; `None` where the compiler has looked it up already.
    pub(crate) path: Option<Path>,
    /// What stands in its parentheses.
    pub(crate) args: TokenStream,
}

/// Takes `attr` apart.
pub(crate) fn read(attr: Attribute, diag: &mut Diagnostics) -> Written {
    let (path, args) = match attr.meta {
        Meta::Path(path) => (path, TokenStream::new()),
        Meta::List(list) => (list.path, list.tokens),
        Meta::NameValue(pair) => {
            let site = Site::of(&pair, pair.eq_token.span);
            diag.error(
                site,
                Code::P0010,
                "the arguments of `spawn` stand in parentheses",
            )
            .help("write `#[spawn(space[index])]`");
            (pair.path, TokenStream::new())
        }
    };
    Written {
        path: Some(path),
        args,
    }
}

/// The attributes of a statement that is neither a spawnable item nor an expression.
pub(crate) fn of_statement(stmt: &mut Stmt) -> Option<&mut Vec<Attribute>> {
    match stmt {
        Stmt::Local(local) => Some(&mut local.attrs),
        Stmt::Macro(mac) => Some(&mut mac.attrs),
        Stmt::Item(item) => of_item(item),
        Stmt::Expr(..) => None,
    }
}

fn of_item(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs {
        ($($kind:ident)*) => {
            match item {
                $(Item::$kind(item) => Some(&mut item.attrs),)*
                _ => None,
            }
        };
    }
    attrs!(Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union Use)
}

/// The attributes of an expression.
pub(crate) fn of_expr(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs {
        ($($kind:ident)*) => {
            match expr {
                $(Expr::$kind(expr) => Some(&mut expr.attrs),)*
                _ => None,
            }
        };
    }
    attrs!(
        Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop
        Group If Index Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference
        Repeat Return Struct Try TryBlock Tuple Unary Unsafe While Yield
    )
}
