//! Modules of kernels: what is declared, what PTX and CUDA C++ say of the same parameters.

use proc_macro2::Ident;
use syn::{Attribute, LitStr, Path, Type, Visibility};

use crate::abi::{CudaParam, Number, PtxParam};
use crate::diag::Site;

/// What stands in one `kernels!`.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    pub(crate) modules: Vec<KernelModule>,
    pub(crate) krate: Option<Path>,
}

/// The kernels of one image.
#[derive(Clone, Debug)]
pub(crate) struct KernelModule {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// Where the image is named.
    pub(crate) site: Site,
    /// Absent if it can't be told.
    pub(crate) image: Option<KernelImage>,
    pub(crate) source: Option<KernelSource>,
    pub(crate) kernels: Vec<Kernel>,
}

/// The PTX of a module.
#[derive(Clone, Debug)]
pub(crate) enum KernelImage {
    /// A file, from the folder of the crate if not absolute.
    File(String),
    Text(LitStr),
}

/// The CUDA C++ of a module.
#[derive(Clone, Debug)]
pub(crate) struct KernelSource {
    pub(crate) path: String,
    /// Its hash.
    pub(crate) hash: String,
    /// The command that builds the PTX from it.
    pub(crate) rebuild: String,
    /// How a line of PTX begins that names the hash.
    pub(crate) line: &'static str,
    /// The hash that the PTX names; absent if it can't be read.
    pub(crate) built_from: Option<Option<String>>,
}

impl KernelSource {
    /// Whether the PTX was built from the file as it is now.
    pub(crate) fn is_current(&self) -> bool {
        let built_from = self.built_from.as_ref();
        built_from.is_some_and(|it| it.as_ref() == Some(&self.hash))
    }
}

/// One entry and the function that launches it.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub(crate) attrs: Vec<Attribute>,
    /// What the comment above it in the source says.
    pub(crate) docs: Vec<String>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// Its name in the image.
    pub(crate) entry: String,
    pub(crate) params: Vec<KernelParam>,
    /// The parameters in PTX, unless that is missing or of another source.
    pub(crate) ptx: Option<Vec<PtxParam>>,
    /// The parameters in CUDA C++, where there is any.
    pub(crate) cuda: Option<Vec<CudaParam>>,
    /// Where the parameters are declared in Rust, or else where the image is named.
    pub(crate) site: Site,
    /// Whether the program declares the parameters.
    pub(crate) is_declared: bool,
}

/// A parameter of the function.
#[derive(Clone, Debug)]
pub(crate) struct KernelParam {
    pub(crate) name: Ident,
    pub(crate) ty: KernelType,
    /// The type, as messages show it.
    pub(crate) shown: String,
    /// Name and type, or where the image is named.
    pub(crate) site: Site,
}

/// What a function takes for a parameter of its kernel.
#[derive(Clone, Debug)]
pub(crate) enum KernelType {
    Number {
        number: Number,
        /// As it is written: `usize` is a 64-bit number too.
        ty: Type,
    },
    /// `&[T]` or `&mut [T]`.
    Slice {
        element: Type,
        /// The element, if it is a number.
        number: Option<Number>,
        is_mutable: bool,
    },
    /// A type of the program, by value.
    Value(Type),
    /// A type that no kernel takes, or that is not known.
    Wrong,
}
