//! What each policy makes of given facts; what order comes of costs.

use proptest::prelude::*;

use super::*;
use crate::device::{DeviceId, DeviceKind, Link};
use crate::resources::{Alternative, Bytes, Demand};

fn gpu(number: usize) -> DeviceFacts {
    DeviceFacts::new(DeviceId::new(DeviceKind::Gpu, number))
}

fn cpu() -> DeviceFacts {
    DeviceFacts::new(DeviceId::new(DeviceKind::Cpu, 0))
}

fn busy(device: DeviceFacts, tasks: usize) -> DeviceFacts {
    DeviceFacts { tasks, ..device }
}

/// A device that lacks so many bytes.
fn lacking(device: DeviceFacts, bytes: u64) -> DeviceFacts {
    DeviceFacts {
        bytes_to_move: Bytes::new(bytes),
        transfer: Link::default().time_of(bytes),
        ..device
    }
}

fn expecting(device: DeviceFacts, milliseconds: u64) -> DeviceFacts {
    DeviceFacts {
        expected: Duration::from_millis(milliseconds),
        ..device
    }
}

fn each(devices: impl IntoIterator<Item = DeviceFacts>) -> Vec<Candidate> {
    let candidates = devices.into_iter().map(|device| Candidate::new([device]));
    candidates.collect()
}

fn taking(device: DeviceFacts, milliseconds: u64) -> Candidate {
    Candidate {
        run_time: Some(RunTime::new(Duration::from_millis(milliseconds), 10)),
        ..Candidate::new([device])
    }
}

fn with_bytes(bytes: u64) -> TaskProfile {
    TaskProfile {
        bytes: Bytes::new(bytes),
        ..TaskProfile::new("f")
    }
}

/// The order in which the policy wants them.
fn order(policy: &dyn Policy, task: &TaskProfile, candidates: &[Candidate]) -> Vec<usize> {
    let mut costs = vec![0.0; candidates.len()];
    policy.weigh(task, candidates, &mut costs);
    rank(candidates, &costs, task.turn)
}

fn best(policy: &dyn Policy, task: &TaskProfile, candidates: &[Candidate]) -> usize {
    order(policy, task, candidates)[0]
}

const MIB: u64 = 1 << 20;

#[test]
fn locality_spreads_tasks_without_data_by_load() {
    let task = TaskProfile::new("f");
    let candidates = each([busy(gpu(0), 2), busy(gpu(1), 1), busy(gpu(2), 3)]);
    assert_eq!(order(&Locality, &task, &candidates), [1, 0, 2]);
}

#[test]
fn locality_counts_load_by_lanes() {
    let host = DeviceFacts { lanes: 8, ..cpu() };
    let candidates = each([busy(gpu(0), 1), busy(host, 4)]);
    assert_eq!(best(&Locality, &TaskProfile::new("f"), &candidates), 1);
}

#[test]
fn locality_goes_where_the_data_are() {
    for bytes in [1, 1000, MIB, 1024 * MIB] {
        let candidates = each([lacking(gpu(0), bytes), gpu(1), lacking(gpu(2), bytes)]);
        assert_eq!(
            best(&Locality, &with_bytes(bytes), &candidates),
            1,
            "{bytes}"
        );
    }
}

#[test]
fn locality_goes_where_less_is_missing() {
    let candidates = each([lacking(gpu(0), 3 * MIB), lacking(gpu(1), 2 * MIB)]);
    assert_eq!(best(&Locality, &with_bytes(5 * MIB), &candidates), 1);
}

/// Neither the data nor the load is everything, whatever the size of the data.
#[test]
fn locality_leaves_data_behind_for_a_long_queue_only() {
    for bytes in [16 * MIB, 1024 * MIB] {
        let leaves = |queue| {
            let candidates = each([busy(gpu(0), queue), lacking(gpu(1), bytes)]);
            best(&Locality, &with_bytes(bytes), &candidates) == 1
        };
        assert!(!leaves(10), "{bytes}");
        assert!(leaves(20), "{bytes}");
    }
}

#[test]
fn what_a_task_follows_is_not_in_its_way() {
    let here = DeviceFacts {
        followed: 1,
        goes_on: true,
        ..busy(gpu(1), 1)
    };
    let task = TaskProfile::new("f");
    assert_eq!(best(&Locality, &task, &each([gpu(0), here.clone()])), 1);
    let candidates = each([gpu(0), busy(here, 2)]);
    assert_eq!(best(&Locality, &task, &candidates), 0, "another is");
}

#[test]
fn of_sets_the_one_that_holds_the_data_is_best() {
    // One array on gpu(0), another on gpu(1).
    let one = |at| lacking(gpu(at), MIB);
    let both = |at| lacking(gpu(at), 2 * MIB);
    let sets = [
        Candidate::new([one(0), both(2)]),
        Candidate::new([both(2), both(3)]),
        Candidate::new([one(0), one(1)]),
    ];
    assert_eq!(order(&Locality, &with_bytes(2 * MIB), &sets), [2, 0, 1]);
}

#[test]
fn earliest_finish_takes_the_faster_kind_until_its_queue_is_too_long() {
    let task = TaskProfile::new("f");
    let choose = |queue| {
        let candidates = [taking(cpu(), 50), taking(expecting(gpu(0), queue), 10)];
        best(&EarliestFinish, &task, &candidates)
    };
    assert_eq!([choose(0), choose(39), choose(41)], [1, 1, 0]);
}

#[test]
fn earliest_finish_reckons_with_transfers() {
    let choose = |bytes| {
        let candidates = [taking(cpu(), 50), taking(lacking(gpu(0), bytes), 10)];
        best(&EarliestFinish, &with_bytes(bytes), &candidates)
    };
    // 40 ms are 480 MB on the way.
    assert_eq!([choose(400_000_000), choose(500_000_000)], [1, 0]);
}

#[test]
fn earliest_finish_shares_the_host_among_its_workers() {
    let host = DeviceFacts { lanes: 8, ..cpu() };
    let candidates = [
        taking(expecting(host, 80), 10),
        taking(expecting(gpu(0), 15), 10),
    ];
    assert_eq!(
        best(&EarliestFinish, &TaskProfile::new("f"), &candidates),
        0
    );
}

#[test]
fn earliest_finish_does_not_wait_elsewhere_for_what_the_task_follows() {
    let mut task = TaskProfile::new("f");
    let here = DeviceFacts {
        followed: 1,
        goes_on: true,
        ..busy(expecting(gpu(1), 30), 1)
    };
    let candidates = [taking(gpu(0), 10), taking(here, 10)];
    assert_eq!(best(&EarliestFinish, &task, &candidates), 0);
    task.ready_in = Duration::from_millis(30);
    assert_eq!(best(&EarliestFinish, &task, &candidates), 1);
}

#[test]
fn earliest_finish_tries_each_candidate_before_it_believes() {
    let task = TaskProfile::new("f");
    let known = |device, samples| Candidate {
        run_time: (samples > 0).then(|| RunTime::new(Duration::from_millis(1), samples)),
        ..Candidate::new([device])
    };
    let choose = |cpu_runs, gpu_runs, under_way| {
        let candidates = [
            known(cpu(), cpu_runs),
            known(busy(gpu(0), under_way), gpu_runs),
        ];
        best(&EarliestFinish, &task, &candidates)
    };
    assert_eq!(choose(10, 0, 0), 1, "nothing is known of it");
    assert_eq!(choose(10, 2, 0), 1, "too little is known of it");
    assert_eq!(choose(10, 1, 2), 0, "it is being tried");
    assert_eq!(choose(2, 0, 1), 1, "the least tried first");
    let unknown = TaskProfile::new("");
    let candidates = [known(cpu(), 10), known(busy(gpu(0), 1), 0)];
    assert_eq!(
        best(&EarliestFinish, &unknown, &candidates),
        0,
        "it can't be known"
    );
}

#[test]
fn earliest_finish_spreads_tasks_of_which_nothing_can_be_known() {
    let candidates = each([busy(gpu(0), 1), gpu(1)]);
    assert_eq!(best(&EarliestFinish, &TaskProfile::new(""), &candidates), 1);
}

#[test]
fn round_robin_takes_turns_whatever_there_is() {
    let candidates = each([busy(gpu(0), 9), lacking(gpu(1), MIB), gpu(2)]);
    let orders = (3..6).map(|turn| {
        let mut task = TaskProfile::new("f");
        task.turn = turn;
        order(&RoundRobin, &task, &candidates)
    });
    assert_eq!(
        orders.collect::<Vec<_>>(),
        [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    );
}

#[test]
fn ties_go_by_preference_then_to_where_the_task_comes_from_then_in_turn() {
    let mut candidates = each([gpu(0), gpu(1), gpu(2)]);
    let costs = [0.0, -0.0, 0.0];
    assert_eq!(rank(&candidates, &costs, 4), [1, 2, 0]);
    candidates[2].devices[0].goes_on = true;
    assert_eq!(rank(&candidates, &costs, 4), [2, 1, 0]);
    candidates[2].preference = 1;
    assert_eq!(rank(&candidates, &costs, 4), [1, 0, 2]);
}

#[test]
fn what_is_no_cost_comes_last() {
    let candidates = each([gpu(0), gpu(1), gpu(2), gpu(3)]);
    let costs = [f64::NAN, 1e300, f64::INFINITY, f64::NEG_INFINITY];
    assert_eq!(rank(&candidates, &costs, 0), [3, 1, 0, 2]);
}

fn on(devices: &[usize]) -> (Vec<usize>, Demand) {
    (devices.to_vec(), Demand::default())
}

fn expanded(entries: Vec<(Vec<usize>, Demand)>) -> Vec<Vec<usize>> {
    let all = expand(vec![Alternative::new(entries)]);
    assert!(all.iter().all(Alternative::is_concrete));
    all.iter().map(|it| it.devices().collect()).collect()
}

#[test]
fn sets_are_expanded_to_distinct_devices() {
    let gpus = || on(&[1, 2, 3]);
    assert_eq!(expanded(vec![gpus()]), [[1], [2], [3]]);
    assert_eq!(expanded(vec![gpus(), gpus()]), [[1, 2], [1, 3], [2, 3]]);
    assert_eq!(expanded(vec![gpus(), on(&[1])]), [[2, 1], [3, 1]]);
    let mixed = expanded(vec![gpus(), on(&[0]), gpus()]);
    assert_eq!(mixed, [[1, 0, 2], [1, 0, 3], [2, 0, 3]]);
}

#[test]
fn preferences_are_kept() {
    let of = |preference, devices: &[usize]| Alternative {
        entries: vec![on(devices)],
        preference,
    };
    let all = expand(vec![of(0, &[1, 2]), of(3, &[0])]);
    let preferences: Vec<_> = all.iter().map(|it| it.preference).collect();
    assert_eq!(preferences, [0, 0, 3]);
}

#[test]
fn what_would_be_too_many_is_left_as_it_is() {
    let many: Vec<usize> = (0..24).collect();
    let pair = vec![Alternative::new(vec![on(&many), on(&many)])];
    assert_eq!(expand(pair.clone()), pair, "276 pairs");
    assert_eq!(expanded(vec![on(&many[..23]), on(&many[..23])]).len(), 253);
}

prop_compose! {
    fn facts()(
        number in 0..8usize,
        tasks in 0..1000usize,
        followed in 0..4usize,
        lanes in 0..64usize,
        seconds in 0..u64::MAX / 2,
        (here, missing) in any::<(u64, u64)>(),
        goes_on in any::<bool>(),
    ) -> DeviceFacts {
        DeviceFacts {
            tasks, followed, lanes, goes_on,
            expected: Duration::from_secs(seconds),
            bytes_here: Bytes::new(here),
            ..lacking(gpu(number), missing)
        }
    }
}

prop_compose! {
    fn candidate()(
        devices in prop::collection::vec(facts(), 1..4),
        preference in 0..3usize,
        known in prop::option::of((0..u64::MAX / 2, 1..20u64)),
    ) -> Candidate {
        Candidate {
            preference,
            run_time: known.map(|(ns, samples)| RunTime::new(Duration::from_nanos(ns), samples)),
            ..Candidate::new(devices)
        }
    }
}

proptest! {
    #[test]
    fn costs_are_numbers_and_every_candidate_is_ranked_once(
        candidates in prop::collection::vec(candidate(), 2..20),
        bytes in any::<u64>(),
        turn in any::<usize>(),
    ) {
        let mut task = with_bytes(bytes);
        task.turn = turn;
        let policies: [&dyn Policy; 3] = [&Locality, &EarliestFinish, &RoundRobin];
        for policy in policies {
            let mut costs = vec![0.0; candidates.len()];
            policy.weigh(&task, &candidates, &mut costs);
            prop_assert!(costs.iter().all(|cost| cost.is_finite()), "{policy:?}: {costs:?}");
            let mut order = rank(&candidates, &costs, turn);
            prop_assert!(costs[order[0]] <= costs[order[1]]);
            order.sort_unstable();
            prop_assert_eq!(order, (0..candidates.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whatever_a_policy_says_every_candidate_is_ranked_once(
        costs in prop::collection::vec(any::<f64>(), 1..20),
        turn in any::<usize>(),
    ) {
        let candidates = each((0..costs.len()).map(gpu));
        let mut order = rank(&candidates, &costs, turn);
        order.sort_unstable();
        prop_assert_eq!(order, (0..costs.len()).collect::<Vec<_>>());
    }
}
