//! What a program hands over as a module: told apart, checked, parsed.

use crate::codes::Code;
use crate::device::attributes::COMPUTE_CAPABILITY;
use crate::ptx;

/// Why an image can't be loaded: the code, and what the compiler's log says.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) code: Code,
    pub(crate) log: String,
}

impl Rejected {
    fn new(code: Code, log: impl Into<String>) -> Self {
        let log = log.into();
        Self { code, log }
    }
}

impl From<Code> for Rejected {
    fn from(code: Code) -> Self {
        Self::new(code, code.to_string())
    }
}

/// How ELF files begin, which is what machine code for a GPU comes in.
const CUBIN: &[u8] = b"\x7FELF";
/// How collections of images begin.
const FAT_BINARY: &[u8] = &0xBA55_ED50_u32.to_le_bytes();

/// The PTX of the versions from here on is refused: there are none yet.
const UNKNOWN_VERSION: u32 = 10;

/// PTX that can be loaded.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) module: ptx::Module,
    /// The compute capability that it is for, as in `sm_90`.
    pub(super) target: u32,
}

/// Reads PTX for devices like ours.
pub(super) fn parse(image: &[u8]) -> Result<Image, Rejected> {
    let (module, target) = read(image, ptx::Module::parse)?;
    Ok(Image { module, target })
}

/// Checks PTX that other texts may complete.
pub(super) fn check(image: &[u8]) -> Result<(), Rejected> {
    read(image, ptx::Module::check).map(drop)
}

fn read<T>(
    image: &[u8],
    compile: impl Fn(&str) -> Result<T, ptx::InvalidPtx>,
) -> Result<(T, u32), Rejected> {
    if image.starts_with(CUBIN) || image.starts_with(FAT_BINARY) {
        let log = "machine code for a GPU can't be simulated; load the PTX";
        return Err(Rejected::new(Code::NO_BINARY_FOR_GPU, log));
    }
    let not_ptx = || Rejected::new(Code::INVALID_IMAGE, "the image is no PTX");
    let text = std::str::from_utf8(image).map_err(|_| not_ptx())?;
    if !text.contains(".version") {
        return Err(not_ptx());
    }
    if let Some(version) = version(text).filter(|version| *version >= UNKNOWN_VERSION) {
        let log = format!("the PTX is of version {version}, which is not known here");
        return Err(Rejected::new(Code::UNSUPPORTED_PTX_VERSION, log));
    }
    let (major, minor) = COMPUTE_CAPABILITY;
    let own = (major * 10 + minor).unsigned_abs();
    let target = target(text).unwrap_or(own);
    if target > own {
        let log = format!(
            "the PTX is for `sm_{target}`, and the simulated devices are `sm_{own}`; compile for \
             that or less"
        );
        return Err(Rejected::new(Code::INVALID_PTX, log));
    }
    match compile(text) {
        Ok(compiled) => Ok((compiled, target)),
        Err(invalid) => Err(Rejected::new(Code::INVALID_PTX, invalid.to_string())),
    }
}

/// The major version of the language that the text is in.
fn version(text: &str) -> Option<u32> {
    leading_number(directive(text, ".version")?.trim_start())
}

/// The compute capability that the text is for.
fn target(text: &str) -> Option<u32> {
    let (_, after) = directive(text, ".target")?.split_once("sm_")?;
    leading_number(after)
}

/// The rest of the first line that begins with that word.
fn directive<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.trim().strip_prefix(word))
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..digits].parse().ok()
}
