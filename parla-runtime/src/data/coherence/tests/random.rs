//! Random programs on random machines.

use proptest::prelude::*;

use super::world::World;
use super::*;

#[derive(Debug, Clone)]
enum Op {
    Task(usize, [(usize, usize, usize); 3], Mode, bool),
    Step(usize),
    FailCopy(usize),
    Evict(usize, usize),
    Lose(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let modes = prop_oneof![Just(Mode::Read), Just(Mode::Write), Just(Mode::Update)];
    let span = || {
        (
            0..8_usize,
            1..12_usize,
            prop_oneof![3 => Just(1_usize), 1 => 2..4_usize],
        )
    };
    let fails = proptest::bool::weighted(0.04);
    prop_oneof![
        12 => (0..5_usize, [span(), span(), span()], modes, fails)
            .prop_map(|(space, spans, mode, fails)| Op::Task(space, spans, mode, fails)),
        16 => (0..64_usize).prop_map(Op::Step),
        1 => (0..8_usize).prop_map(Op::FailCopy),
        2 => (0..4_usize, 0..8_usize).prop_map(|(space, pick)| Op::Evict(space, pick)),
        1 => (0..4_usize).prop_map(Op::Lose),
    ]
}

fn region(shape: &[usize], spans: [(usize, usize, usize); 3]) -> Region {
    let spans = std::iter::zip(shape, spans);
    Region::new(spans.map(|(&extent, (start, len, step))| {
        let start = start % extent;
        Span::new(start, len.min((extent - start).div_ceil(step)), step)
    }))
}

fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![12]),
        Just(vec![7]),
        Just(vec![4, 5]),
        Just(vec![3, 2, 3]),
        Just(vec![]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_task_reads_what_a_sequential_run_would(
        shape in shape(),
        devices in 1..=4_usize,
        room in 4..24_u64,
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut world = World::new(&shape, devices, room);
        for op in ops {
            match op {
                Op::Task(space, spans, mode, fails) => {
                    let space = SpaceId(space % (devices + 1));
                    world.spawn(space, &region(&shape, spans), mode, fails);
                }
                Op::Step(pick) => {
                    world.step(pick);
                }
                Op::FailCopy(pick) => world.fail_copy(pick),
                Op::Evict(device, pick) => world.evict(SpaceId(1 + device % devices), pick),
                Op::Lose(device) => world.lose(SpaceId(1 + device % devices)),
            }
        }
        world.finish();
    }
}
