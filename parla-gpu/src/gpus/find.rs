//! Finding and opening them.

use parla_cuda_shim::{Driver, driver, probe};
use parla_runtime::FoundDevices;

use super::choice::Choice;
use super::{Gpus, VARIABLE, none};
use crate::card::Card;
use crate::cuda;
use crate::device::{Device, GpuDevice};

impl Gpus {
    pub(super) fn find_chosen(&self, choice: &Choice) -> FoundDevices {
        let wants_simulated = match choice {
            Choice::None => return none(Choice::none_note()),
            Choice::Simulated(count) => Some(count.or(self.count)),
            Choice::Count(count) if self.simulates() => Some(Some(*count)),
            _ if self.simulates() => Some(self.count),
            _ => None,
        };
        if let Some(count) = wants_simulated {
            return self.simulate(count.unwrap_or(self.simulated.max(1)));
        }
        // Once a driver serves, whether it has devices is asked of it, below.
        let Err(looked_for) = probe() else {
            return self.open_real(choice);
        };
        if self.simulated > 0 && !matches!(choice, Choice::List(_)) {
            let count = match choice {
                Choice::Count(count) => *count,
                _ => self.simulated,
            };
            return self.simulate(count);
        }
        none(format!(
            "there are no GPUs: {looked_for}; {}",
            how_to_simulate()
        ))
    }

    fn simulates(&self) -> bool {
        self.only_simulated || names_the_simulator()
    }

    fn open_real(&self, choice: &Choice) -> FoundDevices {
        if let Driver::InProcess(_) = driver() {
            return none(
                "there are real GPUs, but this process has begun to simulate; ask for simulated \
                 ones only where there are no real ones"
                    .into(),
            );
        }
        let count = match cuda::start() {
            Ok(count) => count,
            Err(failure) => return none(format!("there are no GPUs: {failure}")),
        };
        let wanted = match choice {
            Choice::List(list) => list.clone(),
            Choice::Count(wanted) => first(count, Some(*wanted)),
            _ => first(count, self.count),
        };
        let mut found = self.open(wanted.into_iter().filter(|ordinal| *ordinal < count));
        if found.note.is_none() {
            found.note = too_few(choice, self.count, count, found.devices.len());
        }
        found
    }

    fn simulate(&self, count: usize) -> FoundDevices {
        match start_simulator(count) {
            Ok(()) => self.open(first(u32::MAX, Some(count))),
            Err(note) => none(note),
        }
    }

    /// Those with these numbers, as far as they can be opened.
    fn open(&self, ordinals: impl IntoIterator<Item = u32>) -> FoundDevices {
        let mut found = FoundDevices {
            devices: Vec::new(),
            note: None,
        };
        for ordinal in ordinals {
            let number = found.devices.len();
            let device =
                Card::open(ordinal).and_then(|card| Device::new(number, card, self.memory_limit));
            match device {
                Ok(device) => found.devices.push(Box::new(GpuDevice(device))),
                Err(failure) => {
                    found.note = Some(format!("GPU {ordinal} can't be opened: {failure}"));
                    break;
                }
            }
        }
        found
    }
}

fn first(count: u32, wanted: Option<usize>) -> Vec<u32> {
    (0..count).take(wanted.unwrap_or(usize::MAX)).collect()
}

fn too_few(choice: &Choice, count: Option<usize>, there: u32, opened: usize) -> Option<String> {
    match choice {
        Choice::List(list) if list.len() > opened => Some(format!(
            "`{VARIABLE}` names GPUs that don't exist; there are {there}, numbered from 0"
        )),
        Choice::Count(wanted) if *wanted > opened => Some(format!(
            "`{VARIABLE}` asks for {wanted} GPUs, there are {there}"
        )),
        Choice::Unset if count.is_some_and(|count| count > opened) => Some(format!(
            "the program asks for {} GPUs, there are {there}",
            count.unwrap_or_default()
        )),
        _ => None,
    }
}

/// Whether the variable of the shim that names a driver names the one in software.
fn names_the_simulator() -> bool {
    std::env::var_os("PARLA_CUDA_DRIVER").is_some_and(|name| name == "sim")
}

#[cfg(feature = "sim")]
fn how_to_simulate() -> String {
    format!("to simulate one, ask for `Gpus::all().simulated(1)` or set `{VARIABLE}=sim:1`")
}

#[cfg(not(feature = "sim"))]
fn how_to_simulate() -> String {
    "to simulate them, switch on the feature `sim` of `parla`".into()
}

/// Has at least `count` simulated devices.
#[cfg(feature = "sim")]
fn start_simulator(count: usize) -> Result<(), String> {
    cuda::simulate(count).map_err(|why| format!("there are no GPUs: {why}"))
}

#[cfg(not(feature = "sim"))]
fn start_simulator(count: usize) -> Result<(), String> {
    let _ = count;
    Err("there are no GPUs: simulated ones need the feature `sim` of `parla`".into())
}
