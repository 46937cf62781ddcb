//! From alternatives, whose entries list devices, to the sets of devices themselves. Pure.

use crate::resources::Alternative;

/// How many ways to place a task are weighed one by one. If there are more, admission takes the
/// first that it finds.
const MOST: usize = 256;

/// Every way to place a task by itself, or the alternatives as they are if there are too many.
///
/// Members of a set of which the same is asked on the same devices are not told apart: of those ways
/// only one is there, with the devices in order.
pub(crate) fn expand(alternatives: Vec<Alternative>) -> Vec<Alternative> {
    let mut all = Vec::new();
    for alternative in &alternatives {
        let mut chosen = Vec::new();
        if choose(alternative, &mut chosen, &mut all).is_err() {
            return alternatives;
        }
    }
    all
}

struct TooMany;

/// Adds all ways to go on from the devices of the first entries.
fn choose(
    of: &Alternative,
    chosen: &mut Vec<usize>,
    all: &mut Vec<Alternative>,
) -> Result<(), TooMany> {
    let at = chosen.len();
    if at == of.entries.len() {
        if all.len() == MOST {
            return Err(TooMany);
        }
        let concrete = chosen.iter().zip(&of.entries);
        all.push(Alternative {
            entries: concrete
                .map(|(&it, (_, demand))| (vec![it], *demand))
                .collect(),
            preference: of.preference,
        });
        return Ok(());
    }
    let twin = of.entries[..at]
        .iter()
        .rposition(|it| *it == of.entries[at]);
    for (nth, &device) in of.entries[at].0.iter().enumerate() {
        let is_in_order = twin.is_none_or(|twin| {
            let before = &of.entries[at].0[..nth];
            before.contains(&chosen[twin])
        });
        if is_in_order && !chosen.contains(&device) {
            chosen.push(device);
            choose(of, chosen, all)?;
            chosen.pop();
        }
    }
    Ok(())
}
