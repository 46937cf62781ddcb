//! Admission: no head-of-line blocking, no starvation, nothing lost.

use proptest::prelude::*;

use super::*;
use crate::resources::{Bytes, Demand, Vcus};
use crate::sync::Arc;

fn admission() -> Admission<usize> {
    Admission::new(Pool::new([Bytes::new(100)]))
}

fn ask(vcus: f64, memory: u64) -> Arc<[Alternative]> {
    let demand = Demand {
        vcus: Vcus::new(vcus).unwrap(),
        memory: Bytes::new(memory),
    };
    Arc::new([Alternative::new(vec![(vec![0], demand)])])
}

#[test]
fn small_requests_pass_a_large_one_that_waits() {
    let mut admission = admission();
    let (_, held) = admission.request(0, ask(0.5, 60), 0).unwrap();
    assert!(
        admission.request(1, ask(0.0, 60), 0).is_none(),
        "60 + 60 > 100"
    );
    let (_, small) = admission
        .request(2, ask(0.5, 40), 0)
        .expect("the small one fits beside");
    assert!(admission.give_back(small).is_empty());
    let served = admission.give_back(held);
    assert_eq!(served[0].0, 1);
}

#[test]
fn a_large_request_is_not_starved_by_a_stream_of_small_ones() {
    let mut admission = admission();
    let (_, mut held) = admission.request(0, ask(0.5, 0), 0).unwrap();
    assert!(admission.request(1, ask(1.0, 0), 0).is_none());
    for number in 2..2 + 2 * PATIENCE as usize {
        // Always one small request ahead of the large one, so that 1.0 is never free.
        let Some((_, next)) = admission.request(number, ask(0.5, 0), 0) else {
            let served = admission.give_back(held);
            assert_eq!(
                served[0].0, 1,
                "the large request comes before the small newcomer"
            );
            return;
        };
        assert!(
            admission
                .give_back(std::mem::replace(&mut held, next))
                .is_empty()
        );
    }
    panic!("the large request was starved");
}

#[test]
fn who_waits_for_one_device_neither_blocks_nor_hides_who_asks_for_another() {
    let ask = |device: usize| -> Arc<[Alternative]> {
        let demand = Demand {
            vcus: Vcus::WHOLE,
            memory: Bytes::ZERO,
        };
        Arc::new([Alternative::new(vec![(vec![device], demand)])])
    };
    let mut admission = Admission::new(Pool::new([Bytes::ZERO; 2]));
    let (_, _held) = admission.request(0, ask(0), 0).unwrap();
    let waiting = 2 * WINDOW;
    for who in 1..=waiting {
        assert!(admission.request(who, ask(0), 0).is_none());
    }
    let (_, mut other) = admission.request(waiting + 1, ask(1), 0).unwrap();
    for who in waiting + 2..waiting + 2 + 4 * PATIENCE as usize {
        assert!(admission.request(who, ask(1), 0).is_none());
        let mut served = admission.give_back(other);
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].0, who);
        other = served.remove(0).1;
    }
}

#[test]
fn higher_priorities_are_served_first() {
    let mut admission = admission();
    let (_, held) = admission.request(0, ask(1.0, 0), 0).unwrap();
    for (who, priority) in [(1, 0), (2, 5), (3, 5), (4, -1)] {
        assert!(admission.request(who, ask(1.0, 0), priority).is_none());
    }
    let mut order = Vec::new();
    let mut held = vec![(0, held)];
    while let Some((_, grant)) = held.pop() {
        held = admission.give_back(grant);
        order.extend(held.iter().map(|(who, _)| *who));
    }
    assert_eq!(order, [2, 3, 1, 4]);
}

proptest! {
    #[test]
    fn everybody_is_served_once_and_the_pool_is_whole_again(
        requests in prop::collection::vec((0.0..=1.0f64, 0u64..=100, -2i32..3, any::<bool>()), 1..300)
    ) {
        let mut admission = admission();
        let mut held = Vec::new();
        let mut served = vec![0; requests.len()];
        for (who, (vcus, memory, priority, give)) in requests.iter().enumerate() {
            held.extend(admission.request(who, ask(*vcus, *memory), *priority));
            if *give && !held.is_empty() {
                let (who, grant) = held.remove(0);
                served[who] += 1;
                held.extend(admission.give_back(grant));
            }
        }
        while let Some((who, grant)) = held.pop() {
            served[who] += 1;
            held.extend(admission.give_back(grant));
        }
        prop_assert!(served.iter().all(|&times| times == 1));
        prop_assert!(admission.pool().is_whole());
        prop_assert!(admission.waiting.is_empty());
    }
}
