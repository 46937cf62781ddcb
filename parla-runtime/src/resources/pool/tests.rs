//! Conservation and exclusion of the pool, over random takes and gives.

use proptest::prelude::*;

use super::*;
use crate::resources::Ranked;
use crate::sync::Arc;

fn pool(devices: usize) -> Pool {
    Pool::new(vec![Bytes::new(1000); devices])
}

fn demand(vcus: f64, memory: u64) -> Demand {
    Demand {
        vcus: Vcus::new(vcus).unwrap(),
        memory: Bytes::new(memory),
    }
}

fn wish(alternatives: impl Into<Arc<[Alternative]>>) -> Wish {
    Wish::from(alternatives.into())
}

#[test]
fn a_set_uses_distinct_devices() {
    let mut pool = pool(2);
    let pair = Alternative::new(vec![
        (vec![0, 1], demand(0.5, 0)),
        (vec![0, 1], demand(0.5, 0)),
    ]);
    let grant = pool
        .try_take(&wish([pair.clone()]), DeviceMask::default())
        .unwrap();
    assert_ne!(grant.devices[0].0, grant.devices[1].0);
    let triple =
        Alternative::new([pair.entries.clone(), vec![(vec![0, 1], demand(0.1, 0))]].concat());
    assert!(!pool.could_ever_fit(&triple));
    pool.give_back(grant);
    assert!(pool.is_whole());
}

#[test]
fn a_set_is_found_even_when_the_greedy_choice_is_wrong() {
    let mut pool = pool(2);
    // The first entry may use both devices, the second only device 0 (or 1).
    for only in [0, 1] {
        let set = Alternative::new(vec![
            (vec![0, 1], demand(1.0, 0)),
            (vec![only], demand(1.0, 0)),
        ]);
        let grant = pool.try_take(&wish([set]), DeviceMask::default()).unwrap();
        assert_eq!(grant.devices[1].0, only);
        pool.give_back(grant);
    }
}

#[test]
fn the_best_that_has_room_is_taken_and_counted() {
    let mut pool = pool(2);
    let on = |device| Alternative::new(vec![(vec![device], demand(1.0, 0))]);
    let ranked = |nth, seconds| Ranked {
        nth,
        expected: Duration::from_secs(seconds),
    };
    let mut wish = wish([on(0), on(1)]);
    wish.ranking.extend([ranked(1, 5), ranked(0, 7)]);
    let none = DeviceMask::default();
    let best = pool.try_take(&wish, none).unwrap();
    let other = pool.try_take(&wish, none).unwrap();
    assert_eq!((best.devices[0].0, other.devices[0].0), (1, 0));
    assert!(pool.try_take(&wish, none).is_none());
    let load = |seconds| Load {
        grants: 1,
        expected: Duration::from_secs(seconds),
    };
    assert_eq!((pool.load(0), pool.load(1)), (load(7), load(5)));
    pool.give_back(best);
    assert_eq!((pool.load(0), pool.load(1)), (load(7), Load::default()));
    pool.give_back(other);
    assert!(pool.is_whole());
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_overdrawn(
        requests in prop::collection::vec((0.0..=1.0f64, 0u64..=1000, any::<bool>()), 1..60)
    ) {
        let mut pool = pool(3);
        let mut held: Vec<Grant> = Vec::new();
        for (vcus, memory, give_back) in requests {
            if give_back && !held.is_empty() {
                let grant = held.remove(0);
                pool.give_back(grant);
            }
            let alternative = Alternative::new(vec![(vec![0, 1, 2], demand(vcus, memory))]);
            prop_assert!(pool.could_ever_fit(&alternative));
            held.extend(pool.try_take(&wish([alternative]), DeviceMask::default()));
            for device in 0..3 {
                let taken = held.iter().flat_map(|g| &g.devices).filter(|(d, _)| *d == device);
                let (v, m) = taken.fold((0, 0), |(v, m), (_, demand)| {
                    (v + demand.vcus.millionths(), m + demand.memory.get())
                });
                prop_assert!(v <= 1_000_000 && m <= 1000);
            }
        }
        for grant in held {
            pool.give_back(grant);
        }
        prop_assert!(pool.is_whole());
    }
}
