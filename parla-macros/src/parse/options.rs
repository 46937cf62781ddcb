//! The options of all attributes but `#[spawn]`: `name = value`, and the two words of `#[variant]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{Expr, Path};

use super::clause::krate;
use super::element;
use super::keywords::{self, DEVICES, TASK_OPTIONS};
use super::split::{Chunk, chunks, only_ident};
use crate::diag::{Code, Diagnostics, Site, shown};

/// The options of `#[parla::main]`, `#[parla::test]` and `#[task_graph]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) workers: Option<Expr>,
    pub(crate) pin_workers: Option<Expr>,
    pub(crate) gpus: Option<Expr>,
    pub(crate) sim_gpus: Option<Expr>,
    pub(crate) seed: Option<Expr>,
    /// Whether mistakes in the graph are looked for; they are if nothing is said.
    pub(crate) check: Option<bool>,
    /// Whether a graph that is known is given as data; it is if nothing is said.
    pub(crate) data: Option<bool>,
    /// Whether the function becomes a prebuilt graph, and where that is said.
    pub(crate) prebuilt: Option<Span>,
    /// Whether accesses leave the order of tasks to `deps`, and where that is said.
    pub(crate) explicit: Option<Span>,
    pub(crate) krate: Option<Path>,
}

/// The options of `#[task]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskArgs {
    pub(crate) krate: Option<Path>,
}

/// The arguments of `#[variant]`.
#[derive(Clone, Debug)]
pub(crate) struct VariantArgs {
    /// The task function this is a variant of.
    pub(crate) function: Path,
    pub(crate) device: Device,
    /// Where the device stands.
    pub(crate) device_span: Span,
    pub(crate) krate: Option<Path>,
}

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Cpu,
    Gpu,
}

/// Reads options, of which `valid` are allowed.
pub(crate) fn options(tokens: TokenStream, valid: &[&str], diag: &mut Diagnostics) -> Options {
    read(&chunks(tokens), valid, diag)
}

/// Reads the options of `#[task]`.
pub(crate) fn task(tokens: TokenStream, diag: &mut Diagnostics) -> TaskArgs {
    TaskArgs {
        krate: options(tokens, TASK_OPTIONS, diag).krate,
    }
}

/// Reads the arguments of `#[variant(function, device)]`.
pub(crate) fn variant(tokens: TokenStream, diag: &mut Diagnostics) -> Option<VariantArgs> {
    let site = Site::of(tokens.clone(), Span::call_site());
    let all = chunks(tokens);
    let words = all
        .iter()
        .take_while(|chunk| chunk.assignment().is_none())
        .count();
    let (words, rest) = all.split_at(words);
    let options = read(rest, TASK_OPTIONS, diag);
    let [function, device] = words else {
        let shown = words
            .first()
            .map_or_else(|| "function".to_owned(), |it| shown(it.stream()));
        diag.error(
            site,
            Code::P0010,
            "a variant names a task function and a kind of device",
        )
        .help(format!("write `#[variant({shown}, gpu)]`"));
        return None;
    };
    let path = syn::parse2::<Path>(function.stream());
    if path.is_err() {
        let site = Site::of(function.stream(), function.first_span());
        diag.error(site, Code::P0010, "expected the name of a task function")
            .help("write `#[variant(function, gpu)]`");
    }
    let device = self::device(device, diag);
    let (function, (device, device_span)) = (path.ok()?, device?);
    Some(VariantArgs {
        function,
        device,
        device_span,
        krate: options.krate,
    })
}

fn device(chunk: &Chunk, diag: &mut Diagnostics) -> Option<(Device, Span)> {
    let Some(word) = only_ident(&chunk.tokens) else {
        let site = Site::of(chunk.stream(), chunk.first_span());
        diag.error(site, Code::P0007, "expected a kind of device")
            .help("the only one is `gpu`");
        return None;
    };
    match word.to_string().as_str() {
        "cpu" => Some((Device::Cpu, word.span())),
        "gpu" => Some((Device::Gpu, word.span())),
        _ => {
            keywords::unknown(word, "device", DEVICES, diag);
            None
        }
    }
}

fn read(chunks: &[Chunk], valid: &[&str], diag: &mut Diagnostics) -> Options {
    let mut options = Options::default();
    let mut seen: Vec<Ident> = Vec::new();
    for chunk in chunks {
        let Some(assignment) = chunk.assignment() else {
            if let Some(word) = only_ident(&chunk.tokens).filter(|it| is_flag(it, valid)) {
                match word == "prebuilt" {
                    true => options.prebuilt = Some(word.span()),
                    false => options.explicit = Some(word.span()),
                }
                continue;
            }
            let site = Site::of(chunk.stream(), chunk.first_span());
            diag.error(site, Code::P0007, "expected an option, `name = value`")
                .help(keywords::all("option", valid));
            continue;
        };
        let name = &assignment.name;
        if is_flag(name, valid) {
            diag.error(name.span(), Code::P0010, format!("`{name}` has no value"))
                .help(format!(
                    "write only the word, as in `#[task_graph({name})]`"
                ));
            continue;
        }
        if !valid.iter().any(|known| name == known) {
            keywords::unknown(name, "option", valid, diag);
            continue;
        }
        if let Some(first) = seen.iter().find(|it| *it == name) {
            diag.error(name.span(), Code::P0007, format!("`{name}` is given twice"))
                .also(first.span(), format!("`{name}` is first given here"));
            continue;
        }
        seen.push(name.clone());
        if assignment.value.is_empty() {
            diag.error(
                assignment.equals,
                Code::P0010,
                format!("`{name}` has no value"),
            );
            continue;
        }
        let what = format!("the value of `{name}`");
        match name.to_string().as_str() {
            "workers" => options.workers = element::expr(&assignment.value, &what, diag),
            "pin_workers" => options.pin_workers = element::expr(&assignment.value, &what, diag),
            "gpus" => options.gpus = element::expr(&assignment.value, &what, diag),
            "sim_gpus" => options.sim_gpus = element::expr(&assignment.value, &what, diag),
            "seed" => options.seed = element::expr(&assignment.value, &what, diag),
            "check" => options.check = yes_or_no(name, &assignment.value, diag),
            "data" => options.data = yes_or_no(name, &assignment.value, diag),
            _ => options.krate = krate(&assignment.value, diag),
        }
    }
    options
}

/// Whether that is an option without a value.
fn is_flag(word: &Ident, valid: &[&str]) -> bool {
    let mut flags = ["prebuilt", "explicit"].into_iter();
    flags.any(|it| word == it && valid.contains(&it))
}

/// A `bool` that is written out, since it says what the macro does.
fn yes_or_no(name: &Ident, value: &[TokenTree], diag: &mut Diagnostics) -> Option<bool> {
    let tokens: TokenStream = value.iter().cloned().collect();
    match syn::parse2::<syn::LitBool>(tokens.clone()) {
        Ok(it) => Some(it.value),
        Err(_) => {
            let site = Site::of(tokens, name.span());
            diag.error(site, Code::P0010, format!("`{name}` is `true` or `false`"));
            None
        }
    }
}
