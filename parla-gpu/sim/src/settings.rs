//! What a simulated device is like, and where the defaults come from.

use crate::driver;
use std::env;

/// What a simulated device is like.
///
/// The default is what the environment says: `PARLA_SIM_MEMORY` (a number of bytes, or of `KiB`,
/// `MiB`, `GiB`: `"256 MiB"`), else 1 GiB. A value that can't be read is an error of `cuInit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of device memory. Only counted: the host's memory is used once the program uses it.
    pub memory: u64,
    /// Bytes a second that a copy takes at best; without one, copies take what the host takes.
    pub copy_bandwidth: Option<u64>,
    /// Instructions that the threads of one launch may execute in all, before it ends with
    /// `CUDA_ERROR_LAUNCH_TIMEOUT`; without one, a kernel may run for ever.
    pub kernel_steps: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory: memory().unwrap_or(DEFAULT_MEMORY),
            copy_bandwidth: None,
            kernel_steps: Some(20_000_000_000),
        }
    }
}

/// Makes sure that there are that many devices. There are as many as `PARLA_SIM_GPUS` says at the
/// start, else one, and never fewer than before.
///
/// ```
/// parla_cuda_sim::ensure_devices(4);
/// ```
pub fn ensure_devices(count: usize) {
    driver().ensure_devices(count);
}

/// Changes a device, which is made if there are fewer. What it has allocated stays, even if that is
/// more than its new memory.
///
/// ```
/// use parla_cuda_sim::{Settings, configure};
///
/// configure(1, Settings { memory: 64 << 20, ..Settings::default() });
/// ```
pub fn configure(device: usize, settings: Settings) {
    driver().ensure_devices(device + 1);
    driver().devices()[device].configure(settings);
}

/// What a device is like; `None` if there is no such one.
#[must_use]
pub fn settings(device: usize) -> Option<Settings> {
    let devices = driver().devices();
    devices.get(device).map(|device| device.settings())
}

const DEFAULT_MEMORY: u64 = 1 << 30;

/// The number of devices at the start: `PARLA_SIM_GPUS`, else one.
pub(crate) fn devices() -> Result<usize, String> {
    let Some(text) = text("PARLA_SIM_GPUS") else {
        return Ok(1);
    };
    match text.trim().parse() {
        Ok(count) if count <= 64 => Ok(count),
        _ => Err(format!(
            "`PARLA_SIM_GPUS` is `{text}`; it must be a number of devices from 0 to 64"
        )),
    }
}

/// The memory of each device at the start.
pub(crate) fn memory() -> Result<u64, String> {
    let Some(text) = text("PARLA_SIM_MEMORY") else {
        return Ok(DEFAULT_MEMORY);
    };
    bytes(&text).ok_or_else(|| {
        format!("`PARLA_SIM_MEMORY` is `{text}`; it must be a size such as `256 MiB` or `2 GiB`")
    })
}

/// What a variable says. What is no Unicode is changed, to be refused and not overlooked.
fn text(variable: &str) -> Option<String> {
    env::var_os(variable).map(|text| text.to_string_lossy().into_owned())
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(bytes("4096"), Some(4096));
        assert_eq!(bytes(" 256 MiB "), Some(256 << 20));
        assert_eq!(bytes("2GiB"), Some(2 << 30));
        for bad in ["", "MiB", "-1", "1 GB", "99999999999 GiB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
