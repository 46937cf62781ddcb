//! Cases that have a name, here or in the history of other systems.

use super::world::World;
use super::*;

fn prepare(machine: &mut Coherence, space: SpaceId, region: &Region, mode: Mode) -> Prepared {
    machine
        .prepare(space, region, mode, Source::nearest)
        .unwrap()
}

/// Prepares, and lets all copies arrive.
fn settle(machine: &mut Coherence, space: SpaceId, region: &Region, mode: Mode) -> Prepared {
    let mut plan = prepare(machine, space, region, mode);
    for step in &plan.copies {
        plan.released.extend(machine.arrived(step.id));
    }
    plan
}

fn regions(steps: &[CopyStep]) -> Vec<Region> {
    steps.iter().map(|step| step.region.clone()).collect()
}

/// The buffers with the newest value of a region that is one piece.
fn holders(machine: &Coherence, region: &Region) -> Vec<BufferId> {
    let (_, piece) = machine
        .pieces()
        .find(|(at, _)| *at == region)
        .expect("one piece");
    piece.current().map(|hold| hold.buffer).collect()
}

#[test]
fn a_write_on_a_device_drops_the_copy_of_the_host() {
    let mut machine = Coherence::new(&[8]);
    let plan = prepare(&mut machine, GPU1, &range(0, 8), Mode::Write);
    assert_eq!(plan.allocate, Some(range(0, 8)));
    assert_eq!(
        (plan.copies, plan.awaits, plan.released),
        (vec![], vec![], vec![])
    );
    assert_eq!(holders(&machine, &range(0, 8)), [plan.buffer.buffer]);
    assert_eq!(machine.present(SpaceId::HOST, &range(0, 8)), 0);
    assert_eq!(machine.present(SpaceId::HOST, &range(2, 5)), 0);
    assert_eq!(machine.present(GPU1, &range(2, 5)), 3);
}

#[test]
fn a_read_leaves_all_copies_and_is_not_repeated() {
    let mut machine = Coherence::new(&[8]);
    let first = settle(&mut machine, GPU0, &range(0, 8), Mode::Read);
    assert_eq!(regions(&first.copies), [range(0, 8)]);
    let second = settle(&mut machine, GPU0, &range(2, 4), Mode::Read);
    assert_eq!(
        second.buffer, first.buffer,
        "a region within it needs no buffer"
    );
    assert_eq!((second.allocate, second.copies), (None, vec![]));
    assert_eq!(
        holders(&machine, &range(0, 8)),
        [BufferId::HOME, first.buffer.buffer]
    );
}

#[test]
fn who_reads_the_same_before_it_has_arrived_waits_for_that_copy() {
    let mut machine = Coherence::new(&[8]);
    let first = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    let second = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    assert_eq!(
        (second.copies, second.awaits),
        (vec![], vec![first.copies[0].id])
    );
    // So does who overwrites it: else the copy would overwrite what that one writes.
    let third = prepare(&mut machine, GPU0, &range(0, 4), Mode::Write);
    assert_eq!(third.awaits, [first.copies[0].id]);
    // And who overwrites where it comes from.
    let fourth = prepare(&mut machine, SpaceId::HOST, &range(4, 8), Mode::Write);
    assert_eq!(fourth.awaits, [first.copies[0].id]);
}

#[test]
fn slices_written_on_a_device_are_seen_by_a_write_of_all_on_the_host() {
    let mut machine = Coherence::new(&[8]);
    let left = settle(&mut machine, GPU0, &range(0, 4), Mode::Update);
    let right = settle(&mut machine, GPU0, &range(4, 8), Mode::Update);
    assert_ne!(left.buffer, right.buffer);
    let whole = prepare(&mut machine, SpaceId::HOST, &range(0, 8), Mode::Update);
    assert_eq!(whole.buffer.buffer, BufferId::HOME);
    let mut copied: Vec<_> = whole
        .copies
        .iter()
        .map(|step| (step.from, step.region.clone()))
        .collect();
    copied.sort_by_key(|(from, _)| *from);
    assert_eq!(
        copied,
        [(left.buffer, range(0, 4)), (right.buffer, range(4, 8))]
    );
    assert_eq!(whole.released, [], "as long as they are copied from");
    assert_eq!(
        machine.arrived(whole.copies[0].id),
        [whole.copies[0].from.buffer]
    );
    assert_eq!(
        machine.arrived(whole.copies[1].id),
        [whole.copies[1].from.buffer]
    );
    assert_eq!(machine.buffers(GPU0).count(), 0);
    assert_eq!(machine.present(SpaceId::HOST, &range(0, 8)), 8);
}

/// Parla's issue 149: tasks on slices, the sum of all on another device, tasks on slices again.
#[test]
fn a_reduction_of_the_whole_between_tasks_on_slices_finds_the_right_numbers() {
    let mut world = World::new(&[4, 3], 3, 24);
    for round in 0..4 {
        for row in 0..4 {
            let device = SpaceId(1 + (row + round) % 3);
            assert!(world.spawn(device, &tile((row, row + 1), (0, 3)), Mode::Update, false));
        }
        let reducer = SpaceId(round % 4);
        assert!(world.spawn(reducer, &tile((0, 4), (0, 3)), Mode::Read, false));
        assert!(world.spawn(reducer, &tile((0, 4), (0, 1)), Mode::Update, false));
    }
    world.finish();
}

/// Parla's issue 102: more data than fits on the devices.
#[test]
fn an_array_that_is_larger_than_a_device_passes_through_it() {
    let mut world = World::new(&[24], 2, 6);
    for round in 0..3 {
        for start in 0..8 {
            let region = range(3 * start, 3 * start + 3);
            assert!(world.spawn(
                SpaceId(1 + (start + round) % 2),
                &region,
                Mode::Update,
                false
            ));
        }
    }
    assert!(
        !world.spawn(GPU0, &range(0, 7), Mode::Read, false),
        "that never fits"
    );
    world.finish();
}

/// Two arrays, each written by tiles of rows from the tiles of the other with a row on either side.
#[test]
fn the_halo_pattern_of_jacobi_copies_halos_only() {
    const ROWS: usize = 12;
    let mut arrays = [Coherence::new(&[ROWS, 5]), Coherence::new(&[ROWS, 5])];
    let tiles = [(GPU0, 0_usize, 4), (GPU1, 4, 8), (SpaceId(3), 8, 12)];
    let rows = |from: usize, to: usize| tile((from, to), (0, 5));
    for round in 0..6 {
        let (read, written) = (round % 2, (round + 1) % 2);
        for (space, from, to) in tiles {
            let halo = rows(from.saturating_sub(1), (to + 1).min(ROWS));
            let plan = settle(&mut arrays[read], space, &halo, Mode::Read);
            let rows_copied: usize = plan.copies.iter().map(|step| step.region.count() / 5).sum();
            let halos = usize::from(from > 0) + usize::from(to < ROWS);
            match round {
                0 => assert_eq!(
                    regions(&plan.copies),
                    [halo],
                    "all comes from the host at first"
                ),
                // The tile was written before there was room for its halo.
                1 => assert_eq!(rows_copied, 4 + halos),
                _ => assert_eq!(rows_copied, halos),
            }
            assert_eq!(plan.allocate.is_some(), round < 2);
        }
        for (space, from, to) in tiles {
            let plan = settle(&mut arrays[written], space, &rows(from, to), Mode::Write);
            assert_eq!(plan.copies, []);
        }
    }
    for array in &arrays {
        assert_eq!(
            array.buffers(GPU1).count(),
            1,
            "the small buffers are not needed any more"
        );
        assert!(
            array.pieces().count() <= 10,
            "{:?}",
            array.pieces().collect::<Vec<_>>()
        );
    }
}

#[test]
fn tiles_that_are_in_the_same_place_are_one_copy() {
    let mut machine = Coherence::new(&[8, 8]);
    for row in 0..4 {
        for column in 0..4 {
            let rows = (2 * row, 2 * row + 2);
            let columns = (2 * column, 2 * column + 2);
            settle(
                &mut machine,
                SpaceId::HOST,
                &tile(rows, columns),
                Mode::Write,
            );
        }
    }
    let plan = settle(&mut machine, GPU0, &tile((0, 8), (0, 8)), Mode::Read);
    assert_eq!(regions(&plan.copies), [tile((0, 8), (0, 8))]);
    assert_eq!(machine.pieces().count(), 1, "and one piece from then on");
}

#[test]
fn every_second_element_is_a_region_like_any_other() {
    let mut machine = Coherence::new(&[9]);
    let odd = Region::new([Span::new(1, 4, 2)]);
    let even = Region::new([Span::new(0, 5, 2)]);
    settle(&mut machine, GPU0, &odd, Mode::Write);
    let plan = settle(&mut machine, GPU1, &range(0, 9), Mode::Read);
    let mut copied = regions(&plan.copies);
    copied.sort_by_key(Region::count);
    assert_eq!(copied, [odd, even]);
}

#[test]
fn the_last_copy_goes_home_before_its_buffer_goes() {
    let mut machine = Coherence::new(&[8]);
    let buffer = settle(&mut machine, GPU0, &range(0, 4), Mode::Write)
        .buffer
        .buffer;
    assert_eq!(
        machine.drop_buffer(buffer),
        Err(DropRefused::LastCopy(range(0, 4)))
    );
    let home = machine.write_back(buffer);
    assert_eq!(regions(&home), [range(0, 4)]);
    assert_eq!(machine.write_back(buffer), [], "it is on its way");
    assert_eq!(
        machine.drop_buffer(buffer),
        Err(DropRefused::InUse(vec![home[0].id]))
    );
    assert_eq!(machine.arrived(home[0].id), []);
    assert_eq!(machine.drop_buffer(buffer), Ok(()));
    assert_eq!(machine.present(SpaceId::HOST, &range(0, 8)), 8);
    assert_eq!(machine.drop_buffer(buffer), Ok(()), "it has gone");
    assert_eq!(machine.drop_buffer(BufferId::HOME), Err(DropRefused::Home));
}

#[test]
fn a_shared_copy_goes_without_a_copy() {
    let mut machine = Coherence::new(&[8]);
    let buffer = settle(&mut machine, GPU0, &range(0, 8), Mode::Read)
        .buffer
        .buffer;
    assert_eq!(machine.write_back(buffer), []);
    assert_eq!(machine.drop_buffer(buffer), Ok(()));
    // Neither does one that another device shares need the host.
    let buffer = settle(&mut machine, GPU0, &range(0, 8), Mode::Write)
        .buffer
        .buffer;
    settle(&mut machine, GPU1, &range(0, 8), Mode::Read);
    assert_eq!(machine.write_back(buffer), []);
    assert_eq!(machine.drop_buffer(buffer), Ok(()));
}

#[test]
fn only_what_is_nowhere_else_is_written_back() {
    let mut machine = Coherence::new(&[8]);
    let buffer = settle(&mut machine, GPU0, &range(0, 8), Mode::Read)
        .buffer
        .buffer;
    settle(&mut machine, GPU0, &range(2, 4), Mode::Update);
    assert_eq!(regions(&machine.write_back(buffer)), [range(2, 4)]);
}

#[test]
fn a_copy_of_what_arrives_comes_after_it() {
    let mut machine = Coherence::new(&[8]);
    let first = prepare(&mut machine, GPU0, &range(0, 8), Mode::Update);
    let second = prepare(&mut machine, GPU1, &range(0, 8), Mode::Update);
    assert_eq!(second.copies[0].from, first.buffer);
    assert_eq!(second.copies[0].after, [first.copies[0].id]);
    // If the first fails, the second does, and the value is where it was.
    let failed = machine.failed(first.copies[0].id);
    assert_eq!(failed.copies, [first.copies[0].id, second.copies[0].id]);
    assert_eq!(failed.released, [first.buffer.buffer, second.buffer.buffer]);
    assert_eq!(holders(&machine, &range(0, 8)), [BufferId::HOME]);
    assert_eq!(
        machine.arrived(second.copies[0].id),
        [],
        "nobody knows of it any more"
    );
}

#[test]
fn a_copy_that_failed_is_planned_again() {
    let mut machine = Coherence::new(&[8]);
    let first = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    assert_eq!(
        machine.failed(first.copies[0].id).released,
        [first.buffer.buffer]
    );
    let again = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    assert_eq!(regions(&again.copies), [range(0, 8)]);
    assert_ne!(again.buffer, first.buffer);
}

#[test]
fn sources_are_chosen_by_rank() {
    let mut machine = Coherence::new(&[8]);
    let gpu0 = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    let from = |machine: &mut Coherence, rank: fn(Source) -> u32| {
        let space = SpaceId(
            machine
                .pieces()
                .map(|(_, piece)| piece.holds.len())
                .sum::<usize>()
                + 2,
        );
        let plan = machine
            .prepare(space, &range(0, 8), Mode::Read, rank)
            .unwrap();
        plan.copies[0].from
    };
    let home = Holder {
        space: SpaceId::HOST,
        buffer: BufferId::HOME,
    };
    let peers_first = |source: Source| u32::from(source.from == SpaceId::HOST);
    assert_eq!(
        from(&mut machine, Source::nearest),
        home,
        "the other is still on its way"
    );
    assert_eq!(from(&mut machine, peers_first), gpu0.buffer);
    // In the same memory nothing has to travel.
    let _ = machine.arrived(gpu0.copies[0].id);
    settle(&mut machine, GPU0, &range(0, 4), Mode::Write);
    let mut machine = Coherence::new(&[8]);
    let tile = settle(&mut machine, GPU0, &range(0, 4), Mode::Read);
    let whole = prepare(&mut machine, GPU0, &range(0, 8), Mode::Read);
    let sources: Vec<_> = whole
        .copies
        .iter()
        .map(|step| (step.from, step.region.clone()))
        .collect();
    assert!(sources.contains(&(tile.buffer, range(0, 4))), "{sources:?}");
    assert!(sources.contains(&(home, range(4, 8))), "{sources:?}");
}

#[test]
fn what_was_only_on_a_lost_device_has_no_value_until_it_is_written() {
    let mut machine = Coherence::new(&[8]);
    settle(&mut machine, GPU0, &range(0, 6), Mode::Read);
    settle(&mut machine, GPU0, &range(2, 4), Mode::Update);
    let lost = machine.lose(GPU0);
    assert_eq!((lost.regions, lost.copies), (vec![range(2, 4)], vec![]));
    for (region, mode) in [(range(0, 8), Mode::Read), (range(3, 8), Mode::Update)] {
        let pieces = machine.pieces().count();
        let error = machine
            .prepare(GPU1, &region, mode, Source::nearest)
            .unwrap_err();
        assert_eq!(error.region, region.intersect(&range(2, 4)));
        assert_eq!(
            (machine.buffers(GPU1).count(), machine.pieces().count()),
            (0, pieces)
        );
    }
    assert_eq!(machine.present(GPU1, &range(0, 8)), 0);
    settle(&mut machine, GPU1, &range(4, 8), Mode::Read);
    settle(&mut machine, GPU1, &range(2, 4), Mode::Write);
    let plan = settle(&mut machine, SpaceId::HOST, &range(0, 8), Mode::Read);
    assert_eq!(regions(&plan.copies), [range(2, 4)]);
    assert_eq!(machine.lose(SpaceId::HOST), Lost::default());
}

#[test]
fn a_device_that_is_lost_before_the_value_has_arrived_there_takes_nothing_along() {
    let mut machine = Coherence::new(&[8]);
    let plan = prepare(&mut machine, GPU0, &range(0, 8), Mode::Update);
    let follower = prepare(&mut machine, GPU1, &range(0, 8), Mode::Update);
    let lost = machine.lose(GPU0);
    assert_eq!(lost.regions, []);
    assert_eq!(lost.copies, [follower.copies[0].id, plan.copies[0].id]);
    assert_eq!(lost.released, [follower.buffer.buffer]);
    assert_eq!(holders(&machine, &range(0, 8)), [BufferId::HOME]);
}

#[test]
fn versions_count_the_writes() {
    let mut machine = Coherence::new(&[8]);
    settle(&mut machine, GPU0, &range(0, 4), Mode::Write);
    settle(&mut machine, GPU1, &range(2, 8), Mode::Update);
    settle(&mut machine, GPU1, &range(0, 8), Mode::Read);
    let mut versions: Vec<_> = machine
        .pieces()
        .map(|(at, piece)| (at.clone(), piece.version))
        .collect();
    versions.sort_by_key(|(at, _)| at.spans()[0]);
    assert_eq!(versions, [(range(0, 2), 1), (range(2, 8), 2)]);
}

#[test]
fn an_array_without_axes_and_one_without_elements_work() {
    let mut scalar = Coherence::new(&[]);
    let all = Region::whole(&[]);
    let plan = settle(&mut scalar, GPU0, &all, Mode::Update);
    assert_eq!(plan.copies.len(), 1);
    let written_back = scalar.write_back(plan.buffer.buffer);
    assert_eq!(regions(&written_back), [all]);
    let mut empty = Coherence::new(&[0, 3]);
    let none = Region::whole(&[0, 3]);
    for _ in 0..2 {
        let plan = settle(&mut empty, GPU0, &none, Mode::Update);
        assert_eq!(plan.copies, []);
        assert_eq!(plan.released, [plan.buffer.buffer]);
    }
    assert_eq!(empty.buffers(GPU0).count(), 0);
    assert_eq!(empty.lose(GPU0), Lost::default());
}
