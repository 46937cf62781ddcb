//! Which GPUs a runtime gets.

mod choice;
#[cfg(feature = "cuda")]
mod find;

use parla_runtime::{Bytes, DeviceProvider, FoundDevices};

use choice::Choice;

/// The variable by which whoever runs a program chooses its GPUs.
pub(crate) const VARIABLE: &str = "PARLA_GPUS";

/// The GPUs that a runtime is to have.
///
/// | `PARLA_GPUS` | GPUs |
/// |---|---|
/// | not set | what the program asks for: all real ones, or the first [`count`](Self::count); if there are none, the [`simulated`](Self::simulated) ones |
/// | `2` | as above, but that many |
/// | `0,2` | the real ones with these numbers in the driver's order; `0,` for one alone |
/// | `sim:2` | that many simulated ones, up to 64, also where there are real ones; `sim` for what the program asks for |
/// | `none` or `0` | none |
///
/// `PARLA_CUDA_DRIVER=sim` simulates too, as many as are asked for otherwise. The driver is chosen
/// once in a process: where a real one serves already, nothing can be simulated any more, and the
/// other way round. `CUDA_VISIBLE_DEVICES` is the real driver's own and comes before all of this.
#[derive(Debug, Clone, Default)]
#[cfg_attr(
    not(feature = "cuda"),
    expect(
        dead_code,
        reason = "a program without GPUs may still say which it wants"
    )
)]
pub struct Gpus {
    count: Option<usize>,
    simulated: usize,
    only_simulated: bool,
    memory_limit: Option<Bytes>,
}

impl Gpus {
    /// All real ones, and none where there are no real ones.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only the first `count`.
    #[must_use]
    pub fn count(self, count: usize) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// Where there are no real ones, `count` simulated ones: devices in software whose results are
    /// those of a GPU. Needs the feature `sim`.
    #[must_use]
    pub fn simulated(self, count: usize) -> Self {
        Self {
            simulated: count,
            ..self
        }
    }

    /// `count` simulated ones, also where there are real ones: for tests of what only those can do.
    #[must_use]
    pub fn only_simulated(count: usize) -> Self {
        Self {
            only_simulated: true,
            ..Self::all().simulated(count)
        }
    }

    /// At most so much memory of each.
    #[must_use]
    pub fn memory_limit(self, limit: Bytes) -> Self {
        Self {
            memory_limit: Some(limit),
            ..self
        }
    }

    /// Looks for them and opens them. It never fails: what is missing is said in the
    /// [`note`](FoundDevices::note). Opening a GPU can take some tenths of a second, once in a process.
    #[must_use]
    pub fn find(&self) -> FoundDevices {
        let asked = match std::env::var_os(VARIABLE) {
            Some(text) => text.to_string_lossy().parse(),
            None => Ok(Choice::Unset),
        };
        match asked {
            Ok(choice) => self.find_chosen(&choice),
            Err(mistake) => none(mistake),
        }
    }

    #[cfg(not(feature = "cuda"))]
    fn find_chosen(&self, choice: &Choice) -> FoundDevices {
        none(match choice {
            Choice::None => Choice::none_note(),
            _ => {
                "this program was built without GPUs; switch on the feature `cuda` of `parla`, or \
                  `sim` to simulate them"
                    .into()
            }
        })
    }
}

impl DeviceProvider for Gpus {
    fn find(&self) -> FoundDevices {
        self.find()
    }
}

fn none(note: String) -> FoundDevices {
    FoundDevices {
        devices: Vec::new(),
        note: Some(note),
    }
}
