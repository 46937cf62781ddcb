//! The order against all pairs of accesses.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::prelude::*;

use super::super::region::{Cut, Span, Tiles};
use super::*;

#[derive(Debug, Clone)]
struct Task(Rc<(usize, Cell<bool>)>);

impl Task {
    fn new(number: usize) -> Self {
        Self(Rc::new((number, Cell::new(false))))
    }

    fn number(&self) -> usize {
        self.0.0
    }

    fn end_well(&self) {
        self.0.1.set(true);
    }
}

impl Accessor for Task {
    fn has_ended_well(&self) -> bool {
        self.0.1.get()
    }

    fn has_ended(&self) -> bool {
        self.has_ended_well()
    }

    fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

type Access = (Region, Mode);

#[derive(Debug, Clone)]
enum Step {
    Spawn(Vec<Access>),
    /// One of those that could.
    EndWell(usize),
    Clear,
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        4 => Just(Mode::Read),
        2 => Just(Mode::Write),
        3 => Just(Mode::Update),
        3 => Just(Mode::Commute),
        3 => (0..2_u64).prop_map(Mode::Reduce),
    ]
}

fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        6 => (0..3_usize).prop_map(|tile| Span::new(tile * 4, 4, 1)),
        2 => Just(Span::new(0, 12, 1)),
        2 => (0..3_usize).prop_map(|first| Span::new(first, 4, 3)),
        2 => (0..10_usize, 0..12_usize, 1..4_usize).prop_map(|(start, len, step)| Span::new(start, len, step)),
    ]
}

fn any_step(axes: usize) -> impl Strategy<Value = Step> {
    let region = prop::collection::vec(any_span(), axes).prop_map(Region::new);
    prop_oneof![
        60 => prop::collection::vec((region, any_mode()), 1..4).prop_map(Step::Spawn),
        30 => any::<usize>().prop_map(Step::EndWell),
        1 => Just(Step::Clear),
    ]
}

fn any_program() -> impl Strategy<Value = Vec<Step>> {
    (1..=3_usize).prop_flat_map(|axes| prop::collection::vec(any_step(axes), 1..150))
}

fn conflict(one: &[Access], other: &[Access]) -> bool {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    pairs
        .into_iter()
        .any(|((a, left), (b, right))| !left.goes_with(*right) && a.overlaps(b))
}

/// What has been spawned since the order was last cleared.
#[derive(Default)]
struct Model {
    tasks: Vec<(Task, Vec<Access>)>,
    /// For each task, whom it comes after by way of what was reported.
    after: Vec<BTreeSet<usize>>,
}

impl Model {
    fn earlier_conflicts(&self, task: usize) -> impl Iterator<Item = usize> {
        (0..task).filter(move |&earlier| conflict(&self.tasks[earlier].1, &self.tasks[task].1))
    }

    fn has_ended(&self, task: usize) -> bool {
        self.tasks[task].0.has_ended_well()
    }

    /// Spawns a task, and compares what is reported with all pairs.
    fn spawn(&mut self, order: &mut Order<Task>, accesses: Vec<Access>) {
        let number = self.tasks.len();
        let task = Task::new(number);
        let mut reported = BTreeSet::new();
        for (region, mode) in &accesses {
            let live = self.live(order, region);
            order.access(region, *mode, task.clone(), &mut |earlier| {
                assert!(live.contains(&earlier.number()), "reported, but not live");
                reported.insert(earlier.number());
            });
        }
        self.tasks.push((task, accesses));
        for &earlier in &reported {
            assert!(earlier < number, "{number} comes after {earlier}");
            assert!(!self.has_ended(earlier), "{earlier} has ended");
        }
        let conflicts: BTreeSet<usize> = self.earlier_conflicts(number).collect();
        assert!(
            reported.is_subset(&conflicts),
            "{number}: {reported:?}, not {conflicts:?}"
        );
        let mut after = reported.clone();
        after.extend(
            reported
                .iter()
                .flat_map(|&earlier| self.after[earlier].iter().copied()),
        );
        for earlier in conflicts {
            assert!(
                after.contains(&earlier) || self.has_ended(earlier),
                "{number} comes not after {earlier}"
            );
        }
        self.after.push(after);
    }

    /// The tasks that the order lists, each of them checked.
    fn live(&self, order: &Order<Task>, region: &Region) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let live = order
            .accesses()
            .filter(|(of, _, task)| of.overlaps(region) && !task.has_ended_well());
        live.for_each(|(of, mode, task)| {
            // The task that is being spawned is not among them yet.
            if let Some((_, accesses)) = self.tasks.get(task.number()) {
                assert!(
                    accesses.contains(&(of.clone(), mode)),
                    "{of} was not accessed"
                );
            }
            found.insert(task.number());
        });
        found
    }

    fn end_well(&self, which: usize) {
        let could = |&task: &usize| {
            !self.has_ended(task)
                && self
                    .earlier_conflicts(task)
                    .all(|earlier| self.has_ended(earlier))
        };
        let ready: Vec<usize> = (0..self.tasks.len()).filter(could).collect();
        if !ready.is_empty() {
            self.tasks[ready[which % ready.len()]].0.end_well();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_reported_orders_all_that_conflict(program in any_program()) {
        let mut order = Order::new();
        let mut model = Model::default();
        for step in program {
            match step {
                Step::Spawn(accesses) => model.spawn(&mut order, accesses),
                Step::EndWell(which) => model.end_well(which),
                Step::Clear => {
                    order = Order::new();
                    model = Model::default();
                }
            }
        }
    }
}

/// An order in which the n-th access is that of task n.
#[derive(Default)]
struct Accesses {
    order: Option<Order<Task>>,
    tasks: Vec<Task>,
}

impl Accesses {
    fn add(&mut self, region: &Region, mode: Mode) -> Vec<usize> {
        let task = Task::new(self.tasks.len());
        self.tasks.push(task.clone());
        self.add_to(&task, region, mode)
    }

    fn add_to(&mut self, task: &Task, region: &Region, mode: Mode) -> Vec<usize> {
        let mut found = Vec::new();
        let order = self.order.get_or_insert_with(Order::new);
        order.access(region, mode, task.clone(), &mut |earlier| {
            found.push(earlier.number());
        });
        found
    }

    fn len(&self) -> usize {
        self.order.as_ref().map_or(0, Order::len)
    }
}

fn row(start: usize, len: usize) -> Region {
    Region::new([Span::new(start, len, 1)])
}

#[test]
fn readers_share_and_writers_do_not() {
    let (mut accesses, all) = (Accesses::default(), row(0, 8));
    assert_eq!(accesses.add(&all, Mode::Write), []);
    assert_eq!(accesses.add(&all, Mode::Read), [0]);
    assert_eq!(accesses.add(&row(2, 3), Mode::Read), [0]);
    let mut readers = accesses.add(&all, Mode::Write);
    readers.sort_unstable();
    assert_eq!(readers, [1, 2]);
    assert_eq!(accesses.add(&row(0, 1), Mode::Read), [3]);
    assert_eq!(accesses.len(), 2);
}

#[test]
fn a_group_is_ordered_with_others_but_not_within() {
    for (group, other) in [
        (Mode::Commute, Mode::Reduce(1)),
        (Mode::Reduce(1), Mode::Reduce(2)),
    ] {
        let (mut accesses, all) = (Accesses::default(), row(0, 8));
        accesses.add(&all, Mode::Update);
        assert_eq!(accesses.add(&all, group), [0]);
        assert_eq!(accesses.add(&row(0, 4), group), [0]);
        assert_eq!(accesses.add(&row(2, 4), group), [0]);
        let mut before = accesses.add(&all, other);
        before.sort_unstable();
        assert_eq!(before, [1, 2, 3]);
    }
}

#[test]
fn what_comes_before_an_exclusive_access_is_not_reported_again() {
    let mut accesses = Accesses::default();
    accesses.add(&row(0, 8), Mode::Write);
    assert_eq!(accesses.add(&row(0, 4), Mode::Update), [0]);
    assert_eq!(accesses.add(&row(0, 4), Mode::Update), [1]);
    // It lies within the region of 2, which came after 0.
    assert_eq!(accesses.add(&row(1, 2), Mode::Update), [2]);
    assert_eq!(accesses.add(&row(4, 4), Mode::Update), [0]);
}

#[test]
fn a_task_does_not_come_after_itself() {
    let mut accesses = Accesses::default();
    accesses.add(&row(0, 8), Mode::Write);
    let task = Task::new(7);
    assert_eq!(accesses.add_to(&task, &row(0, 8), Mode::Read), [0]);
    assert_eq!(accesses.add_to(&task, &row(0, 4), Mode::Update), []);
    assert_eq!(accesses.add_to(&task, &row(0, 4), Mode::Read), []);
    assert_eq!(accesses.add_to(&task, &row(0, 4), Mode::Commute), []);
    assert_eq!(accesses.add(&row(0, 4), Mode::Commute), [7]);
}

#[test]
fn a_task_with_several_regions_is_reported_once() {
    let mut accesses = Accesses::default();
    let task = Task::new(7);
    for start in 0..4 {
        accesses.add_to(&task, &row(2 * start, 2), Mode::Update);
    }
    assert_eq!(accesses.add(&row(1, 6), Mode::Read), [7]);
    assert_eq!(accesses.add(&row(1, 4), Mode::Read), [7]);
}

#[test]
fn a_failed_task_is_kept_and_others_are_forgotten() {
    let mut accesses = Accesses::default();
    accesses.add(&row(0, 4), Mode::Update);
    accesses.add(&row(4, 4), Mode::Update);
    accesses.tasks[1].end_well();
    assert_eq!(accesses.add(&row(0, 8), Mode::Read), [0]);
    assert_eq!(accesses.len(), 2);
    for _ in 0..1000 {
        accesses.add(&row(8, 8), Mode::Read);
        accesses.tasks.last().unwrap().end_well();
    }
    assert_eq!(accesses.add(&row(0, 1), Mode::Read), [0]);
}

#[test]
fn tiles_that_are_used_again_take_no_more_memory() {
    let mut accesses = Accesses::default();
    let size = 10.try_into().unwrap();
    let tiles = Tiles::new(
        Region::whole(&[100, 100]),
        [Cut::Every(size), Cut::Every(size)],
    );
    for round in 0..5 {
        for (number, tile) in tiles.iter().enumerate() {
            let expected = if round == 0 {
                vec![]
            } else {
                vec![(round - 1) * 100 + number]
            };
            assert_eq!(accesses.add(&tile, Mode::Update), expected);
        }
        assert_eq!(accesses.len(), 100);
    }
}

#[test]
fn what_is_kept_is_bounded_by_what_lives() {
    let mut accesses = Accesses::default();
    let mut most = 0;
    for number in 0..20_000 {
        // Regions that never come again, and readers of one that always does.
        accesses.add(&row(number, 3), Mode::Read);
        accesses.add(&row(50_000, 5), Mode::Read);
        most = most.max(accesses.len());
        accesses.tasks.drain(..).for_each(|task| task.end_well());
    }
    assert!(most <= 3 * FEW, "{most} accesses were kept");
}
