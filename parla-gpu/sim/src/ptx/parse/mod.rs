//! From tokens to a syntax tree. Knows the grammar, not what instructions mean.
//!
//! ```text
//! link        = text { text }
//! text        = ".version" number { ".target" words | ".address_size" "64" | debug | linkage (variable | function) }
//! linkage     = { ".visible" | ".extern" | ".weak" | ".common" }
//! variable    = space { ".align" n | ".v2" | ".v4" } type name { "[" [ n ] "]" } [ "=" initial ] { "," name … } ";"
//! function    = (".entry" | ".func") [ "(" parameters ")" ] name [ "(" parameters ")" ] { bound } ( ";" | "{" statements "}" )
//! statement   = label ":" | registers | variable | "{" statements "}" | [ "@" [ "!" ] p ] opcode operands ";"
//! operand     = name [ "|" name ] | name "+" n | "!" name | constant | "[" [ name ] [ "+" n ] "]" | "{" operands "}"
//! ```

mod constant;
mod cursor;
mod declaration;
mod function;
mod statement;

use super::error::InvalidPtx;
use super::lexer::tokens;
use super::syntax::Tree;
use cursor::Cursor;

/// The texts that stand one after the other, each from its `.version` on.
///
/// # Errors
///
/// Text that is no PTX, with its line.
pub(super) fn parse(text: &str) -> Result<Vec<Tree<'_>>, InvalidPtx> {
    let tokens = tokens(text)?;
    let mut cursor = Cursor::new(&tokens);
    let mut trees: Vec<Tree<'_>> = Vec::new();
    if cursor.word() != Some(".version") {
        return Err(cursor.error("a module begins with `.version`"));
    }
    while let Some(word) = cursor.word() {
        if word == ".version" {
            cursor.next();
            cursor.number()?;
            trees.push(Tree::default());
            continue;
        }
        let Some(tree) = trees.last_mut() else { break };
        match word {
            ".target" => {
                cursor.next();
                cursor.name("the target")?;
                while cursor.takes(",") {
                    cursor.name("the target")?;
                }
            }
            ".address_size" => {
                cursor.next();
                if cursor.number()?.text != "64" {
                    return Err(cursor.error_before("only 64-bit addresses are simulated"));
                }
            }
            _ if cursor.skips_debug()? => {}
            _ => item(&mut cursor, tree)?,
        }
    }
    if !cursor.at_end() {
        return Err(cursor.unexpected("a declaration"));
    }
    Ok(trees)
}

/// A variable or a function, with its linkage.
fn item<'a>(cursor: &mut Cursor<'a, '_>, tree: &mut Tree<'a>) -> Result<(), InvalidPtx> {
    let (mut external, mut shared) = (false, false);
    while let Some(word @ (".visible" | ".extern" | ".weak" | ".common")) = cursor.word() {
        external |= word == ".extern";
        shared = true;
        cursor.next();
    }
    let (functions, variables) = (tree.functions.len(), tree.variables.len());
    match cursor.word() {
        Some(".entry") => tree.functions.push(function::function(cursor, true)?),
        Some(".func") => tree.functions.push(function::function(cursor, false)?),
        Some(word) if declaration::space(word).is_some() => {
            declaration::variables(cursor, external, &mut |variable| {
                tree.variables.push(variable);
            })?;
        }
        Some(word @ (".tex" | ".alias")) => {
            return Err(cursor.error(format!("`{word}` is not simulated")));
        }
        _ => return Err(cursor.unexpected("a declaration")),
    }
    if shared {
        let functions = tree.functions[functions..].iter();
        tree.shared.extend(functions.map(|function| function.name));
        let variables = tree.variables[variables..].iter();
        tree.shared.extend(variables.map(|variable| variable.name));
    }
    Ok(())
}
