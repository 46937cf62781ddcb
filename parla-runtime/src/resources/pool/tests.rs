//! Conservation and exclusion of the pool, over random takes and gives.

use proptest::prelude::*;

use super::*;

fn pool(devices: usize) -> Pool {
    Pool::new(vec![Bytes::new(1000); devices])
}

fn demand(vcus: f64, memory: u64) -> Demand {
    Demand {
        vcus: Vcus::new(vcus).unwrap(),
        memory: Bytes::new(memory),
    }
}

#[test]
fn a_set_uses_distinct_devices() {
    let mut pool = pool(2);
    let pair = Alternative(vec![
        (vec![0, 1], demand(0.5, 0)),
        (vec![0, 1], demand(0.5, 0)),
    ]);
    let grant = pool
        .try_take(std::slice::from_ref(&pair), DeviceMask::default())
        .unwrap();
    assert_ne!(grant.0[0].0, grant.0[1].0);
    let triple = Alternative([pair.0.clone(), vec![(vec![0, 1], demand(0.1, 0))]].concat());
    assert!(!pool.could_ever_fit(&triple));
    pool.give_back(grant);
    assert!(pool.is_whole());
}

#[test]
fn a_set_is_found_even_when_the_greedy_choice_is_wrong() {
    let mut pool = pool(2);
    // The first entry may use both devices, the second only device 0 (or 1).
    for only in [0, 1] {
        let set = Alternative(vec![
            (vec![0, 1], demand(1.0, 0)),
            (vec![only], demand(1.0, 0)),
        ]);
        let grant = pool.try_take(&[set], DeviceMask::default()).unwrap();
        assert_eq!(grant.0[1].0, only);
        pool.give_back(grant);
    }
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
            let alternative = Alternative(vec![(vec![0, 1, 2], demand(vcus, memory))]);
            prop_assert!(pool.could_ever_fit(&alternative));
            held.extend(pool.try_take(&[alternative], DeviceMask::default()));
            for device in 0..3 {
                let taken = held.iter().flat_map(|g| &g.0).filter(|(d, _)| *d == device);
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
