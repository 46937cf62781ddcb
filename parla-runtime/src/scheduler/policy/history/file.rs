//! The file in which run times are kept from one run of a program to the next. It is a cache:
//! whatever is wrong with it, the program goes on without.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use serde::{Deserialize, Serialize};

use super::{Entry, History, Key, Moments};

/// Others are not read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    run_times: Vec<KeptEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptEntry {
    function: String,
    digits: u32,
    devices: String,
    samples: u64,
    mean_seconds: f64,
    variance: f64,
}

/// Where it is unless something else is asked for; `None` if the user has no folder for caches.
pub(crate) fn default_path() -> Option<PathBuf> {
    let folders = choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("parla").join("run-times.ron"))
}

/// Reads it. If there is none, nothing is known.
///
/// # Errors
///
/// Why what is there can't be used.
pub(crate) fn load(path: &Path) -> Result<History, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(History::default()),
        Err(error) => return Err(error.to_string()),
    };
    let kept: Kept = ron::from_str(&text).map_err(|error| error.to_string())?;
    if kept.version != VERSION {
        return Err(format!("it has version {}, not {VERSION}", kept.version));
    }
    let known = kept.run_times.into_iter().map(KeptEntry::checked);
    Ok(History {
        known: known.collect::<Result<_, _>>()?,
        is_new: false,
    })
}

/// Replaces it in one step: who reads it at that time sees the old or the new one.
///
/// # Errors
///
/// What the operating system says.
pub(crate) fn save(history: &History, path: &Path) -> io::Result<()> {
    let mut known: Vec<_> = history.known.iter().collect();
    known.sort_by_key(|(key, _)| *key);
    let counted = known.into_iter().filter(|(_, it)| it.moments.count > 0);
    let kept = Kept {
        version: VERSION,
        run_times: counted
            .map(|(key, it)| KeptEntry::of(key, &it.moments))
            .collect(),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = ron::ser::to_string_pretty(&kept, ron::ser::PrettyConfig::default())
        .map_err(io::Error::other)?;
    // In the same folder, or it could not be renamed; of this process and time alone.
    let number = fastrand::u64(..);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number:x}", std::process::id()));
    let new = path.with_file_name(name);
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

impl KeptEntry {
    fn of(key: &Key, moments: &Moments) -> Self {
        Self {
            function: key.function.to_string(),
            digits: key.digits,
            devices: key.devices.to_string(),
            samples: moments.count,
            mean_seconds: moments.mean,
            variance: moments.variance(),
        }
    }

    fn checked(self) -> Result<(Key, Entry), String> {
        // Sums of them must stay durations.
        let is_time = |seconds: f64| (0.0..1e9).contains(&seconds);
        if self.samples == 0 || !is_time(self.mean_seconds) || !is_time(self.variance) {
            return Err(format!("`{}` has a time that can't be", self.function));
        }
        let key = Key {
            function: self.function.into(),
            digits: self.digits,
            devices: self.devices.into(),
        };
        let moments = Moments {
            count: self.samples,
            mean: self.mean_seconds,
            squares: self.variance * (self.samples - 1) as f64,
        };
        let entry = Entry {
            moments,
            is_warm: false,
        };
        Ok((key, entry))
    }
}
