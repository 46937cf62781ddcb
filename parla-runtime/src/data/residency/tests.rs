//! Who goes, who stays, and that the sums are right.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn entry(number: u64) -> Entry {
    Entry {
        array: number / 4,
        buffer: BufferId(number as usize % 4),
    }
}

/// Entries of ten bytes each, used in this order, with nobody pinning them.
fn filled(limit: u64, entries: impl IntoIterator<Item = u64>) -> Residency {
    let mut memory = Residency::new(limit);
    for number in entries {
        assert_eq!(memory.reserve(10, |_| true), Ok(vec![]));
        memory.insert(entry(number), 10);
        memory.unpin(entry(number));
    }
    memory
}

fn victims(memory: &mut Residency, bytes: u64, dirty: &[u64]) -> Vec<Entry> {
    let dirty: Vec<_> = dirty.iter().map(|number| entry(*number)).collect();
    let victims = memory
        .reserve(bytes, |entry| !dirty.contains(&entry))
        .unwrap();
    for victim in &victims {
        assert_eq!(victim.dirty, dirty.contains(&victim.entry));
    }
    victims.into_iter().map(|victim| victim.entry).collect()
}

#[test]
fn clean_before_dirty_and_each_by_its_last_use() {
    let mut memory = filled(40, 0..4);
    memory.touch(entry(0));
    assert_eq!(victims(&mut memory, 20, &[1]), [entry(2), entry(3)]);
    assert_eq!(
        victims(&mut memory, 40, &[1, 3]),
        [entry(2), entry(0), entry(1), entry(3)]
    );
    assert_eq!(victims(&mut memory, 11, &[1, 2, 3]), [entry(0), entry(1)]);
}

#[test]
fn nothing_is_reserved_before_the_victims_have_gone() {
    let mut memory = filled(40, 0..4);
    assert_eq!(victims(&mut memory, 10, &[]), [entry(0)]);
    assert_eq!(memory.free(), 0);
    memory.remove(entry(0));
    assert_eq!(memory.free(), 10);
    assert_eq!(victims(&mut memory, 10, &[]), []);
    assert_eq!(memory.free(), 0);
    memory.release(10);
    assert_eq!(memory.free(), 10);
}

#[test]
fn as_few_go_as_will_do() {
    let mut memory = filled(100, [0]);
    assert_eq!(memory.reserve(90, |_| true), Ok(vec![]));
    memory.insert(entry(1), 90);
    memory.unpin(entry(1));
    assert_eq!(
        victims(&mut memory, 50, &[]),
        [entry(1)],
        "the small one would not help"
    );
}

#[test]
fn who_is_pinned_stays_and_is_named() {
    let mut memory = filled(40, 0..3);
    memory.pin(entry(0));
    memory.pin(entry(1));
    memory.pin(entry(1));
    memory.unpin(entry(1));
    assert!(memory.is_pinned(entry(1)));
    assert_eq!(victims(&mut memory, 20, &[]), [entry(2)]);
    let shortage = memory.reserve(30, |_| true).unwrap_err();
    let held_by = vec![(entry(0), 10), (entry(1), 10)];
    assert_eq!(
        shortage,
        Shortage {
            asked: 30,
            free: 20,
            held_by,
            reserved: 0
        }
    );
    assert_eq!(memory.free(), 10, "nothing has changed");
}

#[test]
fn workspace_counts_like_entries() {
    let mut memory = filled(40, 0..2);
    assert_eq!(memory.reserve(20, |_| true), Ok(vec![]));
    assert_eq!(victims(&mut memory, 20, &[]), [entry(0), entry(1)]);
    let shortage = memory.reserve(21, |_| true).unwrap_err();
    assert_eq!((shortage.free, shortage.reserved), (20, 20));
}

#[test]
fn what_goes_while_it_is_pinned_is_free_when_it_is_not() {
    let mut memory = filled(10, [0]);
    memory.pin(entry(0));
    memory.remove(entry(0));
    assert_eq!(memory.free(), 0);
    memory.unpin(entry(0));
    assert_eq!((memory.free(), memory.bytes_of(entry(0))), (10, None));
    memory.remove(entry(0));
    assert_eq!(memory.free(), 10, "an entry goes once");
}

#[test]
fn more_than_there_is_is_never_there() {
    let mut memory = filled(40, 0..4);
    assert_eq!(memory.reserve(41, |_| true).unwrap_err().free, 40);
    assert_eq!(memory.reserve(u64::MAX, |_| true).unwrap_err().free, 40);
}

proptest! {
    #[test]
    fn the_sums_are_right_and_victims_suffice(
        ops in prop::collection::vec((0..6_u8, 0..12_u64, 1..30_u64), 0..80),
    ) {
        const LIMIT: u64 = 60;
        let mut memory = Residency::new(LIMIT);
        let (mut sizes, mut pins) = (BTreeMap::new(), [0_usize; 12]);
        let mut workspace = 0;
        for (op, number, bytes) in ops {
            let (at, is_there) = (entry(number), sizes.contains_key(&number));
            match op {
                0 | 1 => {
                    let is_clean =
                        |entry: Entry| (entry.array + entry.buffer.0 as u64).is_multiple_of(2);
                    let free = memory.free();
                    match memory.reserve(bytes, is_clean) {
                        Ok(victims) if victims.is_empty() => {
                            prop_assert!(bytes <= free);
                            if is_there {
                                workspace += bytes;
                            } else {
                                memory.insert(at, bytes);
                                sizes.insert(number, bytes);
                                pins[number as usize] = 1;
                            }
                        }
                        Ok(victims) => {
                            let freed: u64 = victims.iter().map(|victim| victim.bytes).sum();
                            prop_assert!(free < bytes && free + freed >= bytes);
                            let unneeded = |victim: &Victim| free + freed - victim.bytes >= bytes;
                            prop_assert!(!victims.iter().any(unneeded));
                            let distinct: BTreeSet<_> = victims.iter().map(|v| v.entry).collect();
                            prop_assert_eq!(distinct.len(), victims.len());
                            for victim in victims {
                                prop_assert!(!memory.is_pinned(victim.entry));
                                prop_assert_eq!(victim.dirty, !is_clean(victim.entry));
                                memory.remove(victim.entry);
                                sizes.retain(|number, _| entry(*number) != victim.entry);
                            }
                        }
                        Err(shortage) => {
                            let pinned = shortage.held_by.iter().map(|(_, bytes)| bytes).sum::<u64>();
                            prop_assert_eq!(pinned + workspace + shortage.free, LIMIT);
                            prop_assert!(shortage.free < bytes);
                        }
                    }
                }
                2 if is_there => {
                    memory.pin(at);
                    pins[number as usize] += 1;
                }
                3 if is_there && pins[number as usize] > 0 => {
                    memory.unpin(at);
                    pins[number as usize] -= 1;
                }
                4 => memory.touch(at),
                5 => {
                    let back = workspace.min(bytes);
                    memory.release(back);
                    workspace -= back;
                }
                _ => {}
            }
            prop_assert_eq!(memory.free(), LIMIT - workspace - sizes.values().sum::<u64>());
            for number in sizes.keys() {
                prop_assert_eq!(memory.is_pinned(entry(*number)), pins[*number as usize] > 0);
            }
        }
    }
}
