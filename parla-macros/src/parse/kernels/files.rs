//! The files that a module of kernels names: `.ptx`, or a `.cu` with the `.ptx` beside it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};
use syn::LitStr;

use super::cuda_source::{CudaKernel, cuda_source};
use super::ptx::{Ptx, ptx};
use crate::diag::{Code, Diagnostics};

/// What is loaded on a GPU.
#[derive(Clone, Debug)]
pub(crate) enum Image {
    /// A file of PTX; relative to the folder of the crate if not absolute.
    File(String),
    /// PTX itself.
    Text(LitStr),
}

/// The source of a file of PTX.
#[derive(Clone, Debug)]
pub(crate) struct CudaFile {
    pub(crate) path: String,
    /// SHA-256, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) kernels: Vec<CudaKernel>,
}

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) image: Image,
    /// Absent if it can't be read, which is recorded.
    pub(crate) ptx: Option<Ptx>,
    /// What the PTX was built from, if the module names that.
    pub(crate) cuda: Option<CudaFile>,
}

/// PTX that stands in the program.
pub(super) fn text(text: LitStr) -> Files {
    Files {
        ptx: Some(ptx(&text.value())),
        image: Image::Text(text),
        cuda: None,
    }
}

/// Reads what `path` names. What can't be read is recorded, and absent.
pub(super) fn read(path: &LitStr, diag: &mut Diagnostics) -> Option<Files> {
    let given = path.value();
    let extension = Path::new(&given).extension().and_then(|it| it.to_str());
    let stem = extension.map_or(given.as_str(), |it| &given[..given.len() - it.len() - 1]);
    let (ptx_path, cuda_path) = match extension {
        Some("ptx") => (given.clone(), None),
        Some("cu") => (format!("{stem}.ptx"), Some(given)),
        _ => {
            let message = format!("`{given}` is neither a `.cu` nor a `.ptx`");
            diag.error(path.span(), Code::P0008, message)
                .help("name the file with its extension, such as `\"kernels/blas.cu\"`");
            return None;
        }
    };
    let mut help = "paths begin at the folder of the crate's `Cargo.toml`".to_owned();
    let mut cuda = None;
    if let Some(cuda_path) = cuda_path {
        // Without its source, nothing of the PTX counts.
        let bytes = contents(&cuda_path, path, &help, diag)?;
        help = format!("build it: {}", rebuild(&cuda_path));
        cuda = Some(CudaFile {
            hash: hash(&bytes),
            kernels: cuda_source(&String::from_utf8_lossy(&bytes)),
            path: cuda_path,
        });
    }
    let bytes = contents(&ptx_path, path, &help, diag);
    Some(Files {
        image: Image::File(ptx_path),
        ptx: bytes.map(|it| ptx(&String::from_utf8_lossy(&it))),
        cuda,
    })
}

/// The command that builds the `.ptx` of a `.cu`.
pub(crate) fn rebuild(cuda_path: &str) -> String {
    format!("`python3 build.py {cuda_path}` (`build.py` is in `kernels/` of the crate `parla-gpu`)")
}

/// The hash that a `.ptx` holds of its `.cu`; `build.py` computes the same. Ends of lines don't
/// count: some version control systems change them.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let mut lines = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            lines.push(*byte);
        }
    }
    let digest = Sha256::digest(&lines);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a file; where there is none, `help` says how to come by it.
fn contents(name: &str, at: &LitStr, help: &str, diag: &mut Diagnostics) -> Option<Vec<u8>> {
    // Cargo sets it for every crate that it builds; without it, the working directory counts.
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let path = root.unwrap_or_default().join(name);
    let error = match fs::read(&path) {
        Ok(bytes) => return Some(bytes),
        Err(error) => error,
    };
    if error.kind() != ErrorKind::NotFound {
        diag.error(
            at.span(),
            Code::P0008,
            format!("`{name}` can't be read: {error}"),
        );
        return None;
    }
    diag.error(at.span(), Code::P0008, format!("there is no file `{name}`"))
        .help(help);
    None
}
