//! What is kept of the tasks of a runtime.

use super::ancestry::Ancestry;

/// Spawns the task of that key after that other.
fn spawn(ancestry: &mut Ancestry<(), ()>, key: usize, after: Option<usize>) {
    let id = ancestry.spawned(key);
    if let Some(after) = after {
        ancestry.id_of(after);
        assert!(ancestry.put_before(id, after));
    }
}

fn begin(ancestry: &mut Ancestry<(), ()>, key: usize) -> bool {
    ancestry.begin(key, false).0.is_none()
}

fn conflict(ancestry: &mut Ancestry<(), ()>, earlier: usize, later: usize) {
    let (earlier, later) = (ancestry.id_of(earlier), ancestry.id_of(later));
    assert!(ancestry.add_conflict(later, earlier, (), ()));
}

#[test]
fn tasks_that_have_ended_are_forgotten() {
    let mut ancestry = Ancestry::new(0);
    for key in 0..100_000 {
        spawn(&mut ancestry, key, key.checked_sub(1));
        if key > 10 {
            assert!(begin(&mut ancestry, key - 10));
            let _ = ancestry.ended(key - 10, false);
        }
        assert!(ancestry.len() < 15, "{}", ancestry.len());
    }
}

#[test]
fn what_may_still_be_asked_for_is_kept_and_then_forgotten() {
    let mut ancestry = Ancestry::new(0);
    spawn(&mut ancestry, 0, None);
    spawn(&mut ancestry, 1, Some(2));
    conflict(&mut ancestry, 0, 1);
    spawn(&mut ancestry, 2, Some(0));
    for key in [0, 2] {
        assert!(begin(&mut ancestry, key));
        let _ = ancestry.ended(key, false);
    }
    for key in 100..1000 {
        // Others that come and go.
        spawn(&mut ancestry, key, None);
        let _ = ancestry.ended(key, false);
    }
    assert!(begin(&mut ancestry, 1), "the first comes before it");
    let _ = ancestry.ended(1, false);
    assert_eq!(ancestry.len(), 0);
}

#[test]
fn whoever_begins_second_has_the_race() {
    for [first, second] in [[0, 1], [1, 0]] {
        for ends in [false, true] {
            let mut ancestry = Ancestry::new(0);
            spawn(&mut ancestry, 0, None);
            spawn(&mut ancestry, 1, None);
            conflict(&mut ancestry, 0, 1);
            assert!(begin(&mut ancestry, first));
            if ends {
                let _ = ancestry.ended(first, false);
            }
            assert!(!begin(&mut ancestry, second));
            assert!(begin(&mut ancestry, first), "it has begun");
        }
    }
}

#[test]
fn a_task_that_ended_before_one_in_between_was_spawned_comes_before_it() {
    let mut ancestry = Ancestry::new(0);
    spawn(&mut ancestry, 0, None);
    spawn(&mut ancestry, 1, Some(2));
    conflict(&mut ancestry, 0, 1);
    assert!(begin(&mut ancestry, 0));
    let _ = ancestry.ended(0, false);
    spawn(&mut ancestry, 2, None);
    assert!(begin(&mut ancestry, 2));
    let _ = ancestry.ended(2, false);
    assert!(begin(&mut ancestry, 1));
}
