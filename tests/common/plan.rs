//! Draws random plans of task graphs, and says how many.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

/// The number of graphs to draw; `PARLA_SOAK=n` makes it `n` times as many.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let soak = std::env::var("PARLA_SOAK")
        .ok()
        .and_then(|times| times.parse().ok());
    let cases = cases.saturating_mul(soak.unwrap_or(1));
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What a task is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeed,
    Fail,
    Panic,
    /// Cancelled by its reference, before it is spawned.
    CancelledEarly,
    /// Cancelled at some time after it was spawned.
    CancelledLate,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// In topological order.
    pub(crate) tasks: Vec<Member>,
    pub(crate) workers: usize,
    pub(crate) devices: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) fate: Fate,
    /// Tasks before it.
    pub(crate) dependencies: Vec<usize>,
    /// Tasks before it that it awaits; of an async body.
    pub(crate) awaits: Vec<usize>,
    pub(crate) is_async: bool,
    pub(crate) yields: usize,
    pub(crate) vcus: Option<f64>,
    pub(crate) memory: u64,
    pub(crate) device: Option<usize>,
    pub(crate) priority: i32,
    /// When it is spawned: smaller first.
    pub(crate) turn: u16,
    /// The task whose body spawns it; else the program does.
    pub(crate) spawner: Option<usize>,
}

fn member() -> impl Strategy<Value = (Member, Vec<Index>, Vec<Index>, Option<Index>)> {
    let fate = prop_oneof![
        20 => Just(Fate::Succeed),
        1 => Just(Fate::Fail),
        1 => Just(Fate::Panic),
        1 => Just(Fate::CancelledEarly),
        1 => Just(Fate::CancelledLate),
    ];
    let vcus = prop_oneof![4 => Just(None), 1 => Just(Some(0.25)), 1 => Just(Some(1.0))];
    let memory = prop_oneof![4 => Just(0), 1 => Just(100), 1 => Just(1000)];
    let asks = (
        vcus,
        memory,
        proptest::option::weighted(0.2, 0..3_usize),
        -1..=1,
    );
    let edges = proptest::collection::vec(any::<Index>(), 0..4);
    let awaits = proptest::collection::vec(any::<Index>(), 0..3);
    let spawner = proptest::option::weighted(0.2, any::<Index>());
    (
        fate,
        any::<bool>(),
        0..3_usize,
        asks,
        any::<u16>(),
        edges,
        awaits,
        spawner,
    )
        .prop_map(
            |(fate, is_async, yields, asks, turn, edges, awaits, spawner)| {
                let (vcus, memory, device, priority) = asks;
                let member = Member {
                    fate,
                    dependencies: Vec::new(),
                    awaits: Vec::new(),
                    is_async,
                    yields,
                    vcus,
                    memory,
                    device,
                    priority,
                    turn,
                    spawner: None,
                };
                (member, edges, awaits, spawner)
            },
        )
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let members = proptest::collection::vec(member(), 1..60);
    let workers = proptest::sample::select(vec![1, 2, 4, 8, 16]);
    (members, workers, 1..=3_usize).prop_map(|(drawn, workers, devices)| {
        let mut tasks: Vec<Member> = Vec::new();
        for (i, (mut member, edges, awaits, spawner)) in drawn.into_iter().enumerate() {
            let earlier = |indices: &[Index]| {
                let indices = if i == 0 { &[] } else { indices };
                let chosen: BTreeSet<_> = indices.iter().map(|index| index.index(i)).collect();
                chosen.into_iter().collect::<Vec<_>>()
            };
            member.dependencies = earlier(&edges);
            if member.is_async {
                member.awaits = earlier(&awaits);
            }
            // Only a task that is sure to run can be trusted with the spawn of another.
            let is_sure = |at: &usize| {
                let task: &Member = &tasks[*at];
                task.fate == Fate::Succeed && task.dependencies.is_empty() && task.awaits.is_empty()
            };
            let candidate = spawner.and_then(|spawner| earlier(&[spawner]).first().copied());
            member.spawner = candidate.filter(is_sure);
            member.device = member.device.map(|device| device % devices);
            tasks.push(member);
        }
        Plan {
            tasks,
            workers,
            devices,
        }
    })
}
