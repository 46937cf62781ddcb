//! From a placement to the device sets a task may be admitted on. Pure: no threads, no state.

use super::Ticket;
use super::policy::expand;
use super::reserve::Admission;
use crate::device::{Choice, Device, DeviceKind, DeviceKinds, Devices, Placement, Requirement};
use crate::error::TaskErrorKind;
use crate::resources::{Alternative, Demand, Pool};

/// Resolves a placement against the devices there are.
///
/// Each of the results is one set of devices, as long as there are not too many of them.
///
/// An alternative that can't be served is left out; if none is left, the error says why, for the
/// alternative that came closest.
///
/// # Errors
///
/// `NoSuchDevice`, `NoVariant`, `TooLarge`, `BadClause`, or `Device` if all that could serve it are
/// lost.
pub(crate) fn map(
    placement: &Placement,
    kinds: DeviceKinds,
    demand: Demand,
    devices: &Devices,
    admission: &Admission<Ticket>,
) -> Result<Vec<Alternative>, TaskErrorKind> {
    if let Some(error) = &placement.error {
        return Err(TaskErrorKind::BadClause(error.to_string()));
    }
    let pool = admission.pool();
    let mut lost = None;
    let mut too_large = None;
    let mut without_body = Vec::new();
    let mut feasible = Vec::new();
    for (preference, set) in placement.alternatives.iter().enumerate() {
        let entries: Vec<_> = set
            .iter()
            .map(|member| {
                (
                    candidates(&member.choice.resolved(), kinds, devices),
                    member.demand(demand),
                )
            })
            .collect();
        let kinds_of_set = set.iter().filter_map(|member| kind_of(&member.choice));
        let lacking: Vec<_> = kinds_of_set.filter(|kind| !kinds.contains(*kind)).collect();
        if !lacking.is_empty() {
            without_body.extend(lacking);
            continue;
        }
        // Whether there are enough distinct devices, whatever is asked of them.
        let bare = entries.iter();
        let bare = bare.map(|(devices, _)| (devices.clone(), Demand::default()));
        let bare = Alternative::new(bare.collect());
        if set.is_empty() || !pool.could_ever_fit(&bare) {
            lost = lost.or(admission.why_hopeless(&[bare]));
            continue;
        }
        let alternative = Alternative {
            entries,
            preference,
        };
        if pool.could_ever_fit(&alternative) {
            feasible.push(alternative);
        } else {
            too_large = too_large.or(Some(alternative));
        }
    }
    if !feasible.is_empty() {
        let mut each = expand(feasible);
        each.retain(|alternative| pool.could_ever_fit(alternative));
        return Ok(each);
    }
    if let Some((device, error)) = lost {
        let (device, error) = (devices[device].id(), error.clone());
        return Err(TaskErrorKind::Device { device, error });
    }
    Err(match too_large {
        Some(alternative) => describe_too_large(&alternative, pool),
        None if !without_body.is_empty() => TaskErrorKind::NoVariant {
            placed_on: without_body,
        },
        None => TaskErrorKind::NoSuchDevice {
            asked: describe(placement),
            available: devices.ids(),
            note: devices.note.clone().filter(|_| asks_for_others(placement)),
        },
    })
}

/// The devices, by index, that may serve a member of a set.
fn candidates(choice: &Choice, kinds: DeviceKinds, devices: &[Box<dyn Device>]) -> Vec<usize> {
    let chosen = |device: &dyn Device| {
        let id = device.id();
        let right = match choice {
            Choice::Any | Choice::With(_) | Choice::Near(_) => true,
            Choice::Kind(kind) => id.kind() == *kind,
            Choice::Exactly(kind, number) => {
                id.kind() == *kind && usize::try_from(*number) == Ok(id.number())
            }
        };
        right && kinds.contains(id.kind())
    };
    (0..devices.len())
        .filter(|&at| chosen(&*devices[at]))
        .collect()
}

fn kind_of(choice: &Choice) -> Option<DeviceKind> {
    match choice {
        Choice::Any | Choice::With(_) | Choice::Near(_) => None,
        Choice::Kind(kind) | Choice::Exactly(kind, _) => Some(*kind),
    }
}

/// Whether it names devices other than CPUs.
fn asks_for_others(placement: &Placement) -> bool {
    let mut members = placement.alternatives.iter().flatten();
    members.any(|member| kind_of(&member.choice).is_some_and(|kind| kind != DeviceKind::Cpu))
}

fn describe(placement: &Placement) -> String {
    let sets = placement.alternatives.iter().map(|set| {
        let members: Vec<String> = set.iter().map(describe_member).collect();
        if let [one] = &members[..] {
            one.clone()
        } else {
            format!("({})", members.join(", "))
        }
    });
    sets.collect::<Vec<_>>().join(" or ")
}

fn describe_member(member: &Requirement) -> String {
    match &member.choice {
        Choice::Any => "any device".to_owned(),
        Choice::Near(_) => "the device of some data".to_owned(),
        Choice::With(task) => format!("the device of `{}`", task.name()),
        Choice::Kind(kind) => kind.to_string(),
        Choice::Exactly(kind, number) => format!("{kind}({number})"),
    }
}

fn describe_too_large(alternative: &Alternative, pool: &Pool) -> TaskErrorKind {
    let largest = |devices: &Vec<usize>| pool.largest_memory(devices);
    let worst = alternative
        .entries
        .iter()
        .max_by_key(|(devices, demand)| demand.memory.get().saturating_sub(largest(devices).get()));
    let (asked, largest) = worst.map_or((String::new(), String::new()), |(devices, demand)| {
        (
            format!("{} of memory", demand.memory),
            largest(devices).to_string(),
        )
    });
    TaskErrorKind::TooLarge { asked, largest }
}
