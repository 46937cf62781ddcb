//! The declarations of `cust_raw`, read from the source that this test was built with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::{env, fs};

use syn::{Expr, Fields, FnArg, ForeignItem, Item, Lit, ReturnType, Type, UseTree};

pub(crate) struct Declarations(Vec<Item>);

impl Declarations {
    pub(crate) fn read() -> Self {
        let path = source();
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self(syn::parse_file(&text).unwrap().items)
    }

    /// The types of the arguments of every function, reduced to what the calling convention sees.
    pub(crate) fn functions(&self) -> BTreeMap<String, Vec<String>> {
        let named = self.named_types();
        let mut functions = BTreeMap::new();
        for item in &self.0 {
            let Item::ForeignMod(block) = item else {
                continue;
            };
            for item in &block.items {
                let ForeignItem::Fn(function) = item else {
                    panic!("a declaration that is no function");
                };
                let name = function.sig.ident.to_string();
                assert!(returns_a_code(&function.sig.output), "{name}");
                let types = function.sig.inputs.iter().map(|argument| match argument {
                    FnArg::Typed(argument) => reduce(&argument.ty, &named),
                    FnArg::Receiver(_) => panic!("a function with a receiver"),
                });
                functions.insert(name, types.collect());
            }
        }
        functions
    }

    /// The numbers and names of an enum.
    pub(crate) fn variants(&self, name: &str) -> Vec<(u32, String)> {
        let variants = self.0.iter().find_map(|item| match item {
            Item::Enum(found) if found.ident == name => Some(&found.variants),
            _ => None,
        });
        let number = |value: &Expr| match value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().unwrap(),
                _ => panic!("a code that is no number"),
            },
            _ => panic!("a code that is no literal"),
        };
        variants
            .unwrap()
            .iter()
            .map(|variant| {
                let (_, value) = variant.discriminant.as_ref().unwrap();
                (number(value), variant.ident.to_string())
            })
            .collect()
    }

    fn named_types(&self) -> HashMap<String, Named<'_>> {
        let mut named = HashMap::new();
        for item in &self.0 {
            match item {
                Item::Type(alias) => {
                    named.insert(alias.ident.to_string(), Named::Alias(&alias.ty));
                }
                Item::Enum(item) => {
                    let of_c_int = item.attrs.iter().any(|attribute| {
                        attribute.path().is_ident("repr")
                            && attribute.parse_args::<syn::Ident>().unwrap() == "i32"
                    });
                    assert!(of_c_int, "`{}` is not of the size of an `int`", item.ident);
                    named.insert(item.ident.to_string(), Named::Enum);
                }
                Item::Struct(item) => {
                    named.insert(item.ident.to_string(), Named::Struct(&item.fields));
                }
                Item::Use(item) => {
                    if let Some((from, to)) = renamed(&item.tree) {
                        named.insert(to, Named::Renamed(from));
                    }
                }
                _ => {}
            }
        }
        named
    }
}

enum Named<'a> {
    Alias(&'a Type),
    Enum,
    Struct(&'a Fields),
    Renamed(String),
}

fn renamed(tree: &UseTree) -> Option<(String, String)> {
    match tree {
        UseTree::Path(path) => renamed(&path.tree),
        UseTree::Rename(rename) => Some((rename.ident.to_string(), rename.rename.to_string())),
        _ => None,
    }
}

fn returns_a_code(output: &ReturnType) -> bool {
    let ReturnType::Type(_, output) = output else {
        return false;
    };
    matches!(&**output, Type::Path(path) if path.path.is_ident("CUresult"))
}

fn reduce(argument: &Type, named: &HashMap<String, Named<'_>>) -> String {
    match argument {
        Type::Ptr(_) => "Pointer".into(),
        Type::Path(path) => {
            reduce_name(&path.path.segments.last().unwrap().ident.to_string(), named)
        }
        _ => panic!("a type that no argument is known to have"),
    }
}

fn reduce_name(name: &str, named: &HashMap<String, Named<'_>>) -> String {
    let primitive = match name {
        // Around a function pointer, which can be null in C.
        "Option" => "Pointer",
        "c_int" => "i32",
        "c_uint" => "u32",
        "c_ulonglong" => "u64",
        "c_ushort" => "u16",
        "c_uchar" => "u8",
        "f32" | "i32" | "u32" | "u64" | "usize" => name,
        _ => {
            return match &named[name] {
                Named::Alias(to) => reduce(to, named),
                Named::Renamed(from) => reduce_name(from, named),
                Named::Enum => "i32".into(),
                Named::Struct(fields) => reduce_struct(name, fields),
            };
        }
    };
    primitive.into()
}

fn reduce_struct(name: &str, fields: &Fields) -> String {
    let bytes_of_a_handle = fields.iter().all(|field| match &field.ty {
        Type::Array(array) => match (&*array.elem, &array.len) {
            (Type::Path(of), Expr::Lit(length)) => {
                of.path.segments.last().unwrap().ident == "c_char"
                    && matches!(&length.lit, Lit::Int(n) if n.base10_digits() == "64")
            }
            _ => false,
        },
        _ => false,
    });
    assert!(
        fields.len() == 1 && bytes_of_a_handle,
        "`{name}` is passed by value and is no handle of 64 bytes"
    );
    "IpcHandle".into()
}

/// `cuda.rs` of `cust_raw`, from the lists of sources that the compiler wrote beside the library.
fn source() -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    let mut sources = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("cust_raw-") && name.ends_with(".d") {
            let list = fs::read_to_string(entry.path()).unwrap();
            let source = list.lines().find_map(|line| line.strip_suffix("cuda.rs:"));
            sources.extend(source.map(|folder| PathBuf::from(folder.replace("\\ ", " "))));
        }
    }
    assert_eq!(
        sources.len(),
        1,
        "one version of `cust_raw` in {folder:?}: {sources:?}"
    );
    sources.pop_first().unwrap().join("cuda.rs")
}
