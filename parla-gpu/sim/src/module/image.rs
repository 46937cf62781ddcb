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

/// Reads PTX for devices like ours.
pub(super) fn parse(image: &[u8]) -> Result<ptx::Module, Rejected> {
    if image.starts_with(CUBIN) || image.starts_with(FAT_BINARY) {
        let log = "machine code for a GPU can't be simulated; load the PTX";
        return Err(Rejected::new(Code::NO_BINARY_FOR_GPU, log));
    }
    let not_ptx = || Rejected::new(Code::INVALID_IMAGE, "the image is no PTX");
    let text = std::str::from_utf8(image).map_err(|_| not_ptx())?;
    if !text.contains(".version") {
        return Err(not_ptx());
    }
    let (major, minor) = COMPUTE_CAPABILITY;
    if let Some(target) = target(text).filter(|target| *target > major * 10 + minor) {
        let log = format!(
            "the PTX is for `sm_{target}`, and the simulated devices are `sm_{major}{minor}`; \
             compile for that or less"
        );
        return Err(Rejected::new(Code::INVALID_PTX, log));
    }
    ptx::Module::parse(text)
        .map_err(|invalid| Rejected::new(Code::INVALID_PTX, invalid.to_string()))
}

/// The compute capability that the text is for, as in `sm_90`.
fn target(text: &str) -> Option<i32> {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(".target"))?;
    let (_, after) = line.split_once("sm_")?;
    let digits = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..digits].parse().ok()
}
