//! Where tasks go that have a choice: by load, by measured times, by what a program's own policy
//! says; and why, told afterwards.

mod common;
#[path = "common/queues.rs"]
mod queues;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::Gate;
use parla::prelude::*;
use parla::{
    Candidate, DeviceId, DeviceKind, EarliestFinish, Policy, RoundRobin, Runtime, RuntimeBuilder,
    TaskErrorKind, TaskProfile, current_devices,
};
use queues::Queues;

fn gpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Gpu, number)
}

fn cpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Cpu, number)
}

fn builder() -> RuntimeBuilder {
    Runtime::builder().workers(2).explain_mapping(true)
}

fn on(queues: &Queues) -> Runtime {
    common::build(builder().devices(queues.clone()))
}

/// On which devices the task was given leases, in that order.
fn leased(queues: &Queues, task: &str) -> Vec<String> {
    let prefix = format!("lease {task} ");
    let log = queues.log();
    let of_task = log.iter().filter_map(|entry| entry.strip_prefix(&prefix));
    of_task.map(str::to_owned).collect()
}

#[test]
fn tasks_without_data_spread_by_load() {
    let queues = Queues::new(3);
    let runtime = on(&queues);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            // Of these the others are to keep away as long as there is anything better.
            for i in 0..2 {
                t.task(i).placement(gpu(1)).spawn(|| ());
            }
            let tasks: Vec<_> = (2..9)
                .map(|i| t.task(i).placement(Placement::gpu()).spawn(current_devices))
                .collect();
            (0..9).for_each(|i| queues.wait_for(&format!("seal T[{i}]")));
            (0..9).for_each(|i| queues.finish(&format!("T[{i}]")));
            let mut used: Vec<_> = tasks
                .iter()
                .map(|task| task.wait().expect("it runs")[0])
                .collect();
            assert!(!used[..4].contains(&gpu(1)), "{used:?}");
            used.sort();
            let [a, b, c] = [gpu(0), gpu(1), gpu(2)].map(|id| {
                let on_it = used.iter().filter(|it| **it == id);
                on_it.count()
            });
            assert_eq!((a, b, c), (3, 1, 3));
        })
        .expect("all ends well");
}

#[test]
fn chains_stay_on_their_devices() {
    const LENGTH: usize = 6;
    let queues = Queues::new(2);
    let runtime = on(&queues);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in 0..LENGTH {
                for chain in 0..2 {
                    let before = (i > 0).then(|| t.task((chain, i - 1)));
                    let task = t.task((chain, i)).placement(Placement::gpu());
                    let task = match before {
                        Some(before) => task.deps(before),
                        None => task,
                    };
                    task.spawn(|| ());
                    queues.wait_for(&format!("seal T[{chain}, {i}]"));
                }
            }
            let on = |chain, i| leased(&queues, &format!("T[{chain}, {i}]"));
            assert_ne!(on(0, 0), on(1, 0));
            for (chain, i) in (0..2).flat_map(|chain| (1..LENGTH).map(move |i| (chain, i))) {
                // The first two have one each; from then on each would be as good.
                assert_eq!(on(chain, i), on(chain, 0), "T[{chain}, {i}]");
            }
            for i in 0..LENGTH {
                (0..2).for_each(|chain| queues.finish(&format!("T[{chain}, {i}]")));
            }
        })
        .expect("all ends well");
}

#[test]
fn a_chain_stays_where_it_is_though_another_device_is_idle() {
    const LENGTH: usize = 6;
    let queues = Queues::new(3);
    let runtime = on(&queues);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in 0..LENGTH {
                let deps = (i > 0).then(|| t.task(i - 1));
                t.task(i)
                    .deps(deps)
                    .placement(Placement::gpu())
                    .spawn(|| ());
                queues.wait_for(&format!("seal T[{i}]"));
                assert_eq!(leased(&queues, &format!("T[{i}]")), leased(&queues, "T[0]"));
            }
            // Somebody else gets in its way.
            let there = t.task(0).mapping().expect("it is kept");
            let there = there.candidates[0].candidate.devices[0].device;
            t.task(LENGTH).placement(there).spawn(|| ());
            queues.wait_for(&format!("seal T[{LENGTH}]"));
            let next = t.task(LENGTH + 1).deps(t.task(LENGTH - 1));
            next.placement(Placement::gpu()).spawn(|| ());
            let next = format!("T[{}]", LENGTH + 1);
            queues.wait_for(&format!("seal {next}"));
            assert_ne!(leased(&queues, &next), leased(&queues, "T[0]"));
            (0..LENGTH + 2).for_each(|i| queues.finish(&format!("T[{i}]")));
        })
        .expect("all ends well");
}

#[test]
fn sets_of_devices_keep_out_of_each_others_way() {
    let queues = Queues::new(4);
    let runtime = on(&queues);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let pairs: Vec<_> = (0..2)
                .map(|i| {
                    let pair = Placement::gpu().times(2);
                    t.task(i).placement(pair).spawn(current_devices)
                })
                .collect();
            for i in 0..2 {
                let name = format!("T[{i}]");
                queues.wait_for(&format!("seal {name}"));
                queues.finish(&name);
                queues.finish(&name);
            }
            let used = pairs.iter().flat_map(|pair| pair.wait().expect("it runs"));
            let used: BTreeSet<_> = used.copied().collect();
            assert_eq!(used.len(), 4, "{used:?}");
            let mapping = pairs[0].mapping().expect("it is kept");
            assert_eq!(mapping.candidates.len(), 6, "{mapping}");
        })
        .expect("all ends well");
}

/// Sends tasks to the device of their first index, and keeps what it was told.
#[derive(Debug, Clone, Default)]
struct ByIndex(Arc<Mutex<Vec<Told>>>);

type Told = (TaskProfile, Vec<Candidate>);

impl Policy for ByIndex {
    fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]) {
        let wanted = task.name.indices()[0] as usize;
        for (candidate, cost) in candidates.iter().zip(costs) {
            *cost = f64::from(candidate.devices[0].device.number() != wanted);
        }
        let mut told = self.0.lock().expect("no panic under the lock");
        told.push((task.clone(), candidates.to_vec()));
    }
}

#[test]
fn a_policy_of_the_program_is_asked_and_obeyed() {
    let policy = ByIndex::default();
    let runtime = common::build(builder().cpu_devices(3).policy(policy.clone()));
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in [2, 0, 1, 1, 2] {
                let n = t.tasks().len();
                let task = t.task((i, n)).label("f").priority(7).vcus(0.25);
                let task = task.spawn(current_devices);
                assert_eq!(task.wait().expect("it runs"), &[cpu(i)]);
                let mapping = t.task((i, n)).mapping().expect("it is kept");
                assert!(mapping.policy.ends_with("ByIndex"), "{mapping}");
            }
            // There is nothing to decide.
            t.task((9, 9)).placement(cpu(0)).spawn(|| ());
        })
        .expect("all ends well");
    let told = policy.0.lock().expect("no panic under the lock");
    assert_eq!(told.len(), 5);
    for (nth, (task, candidates)) in told.iter().enumerate() {
        assert_eq!(
            (&*task.function, task.priority, task.turn),
            ("f", 7, nth + 1)
        );
        let devices = candidates.iter().map(|it| it.devices[0].device);
        assert_eq!(devices.collect::<Vec<_>>(), [cpu(0), cpu(1), cpu(2)]);
        assert!(candidates.iter().all(|it| it.run_time.is_none()));
    }
}

#[task]
fn square(x: u64) -> u64 {
    x * x
}

#[test]
fn a_policy_is_told_which_task_function_is_called() {
    let policy = ByIndex::default();
    let runtime = common::build(builder().cpu_devices(2).policy(policy.clone()));
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            #[spawn(t[1], vcus = 0.5)]
            fn nested() {}
            #[task_graph]
            fn calls(t: &TaskSpace<'static>) {
                #[spawn(t[0], vcus = 0.5)]
                square(2);
            }
            calls(&t);
            nested.wait().expect("it runs");
        })
        .expect("all ends well");
    let told = policy.0.lock().expect("no panic under the lock");
    let functions: Vec<_> = told.iter().map(|(task, _)| &*task.function).collect();
    assert_eq!(functions, ["T", "acceptance_mapping::square"]);
}

#[test]
fn round_robin_takes_turns() {
    let runtime = common::build(builder().cpu_devices(3).policy(RoundRobin));
    let used: Vec<_> = (0..7)
        .map(|_| {
            let task = runtime.task().vcus(0.1).spawn(current_devices);
            task.wait().expect("it runs")[0].number()
        })
        .collect();
    let next = |pair: &[usize]| pair[1] == (pair[0] + 1) % 3;
    assert!(used.windows(2).all(next), "{used:?}");
}

#[derive(Debug)]
struct Panics;

impl Policy for Panics {
    fn weigh(&self, _: &TaskProfile, _: &[Candidate], _: &mut [f64]) {
        common::panic_on_purpose();
    }
}

#[test]
fn a_policy_that_panics_fails_the_task() {
    let runtime = common::build(builder().cpu_devices(2).policy(Panics));
    let task = runtime.task().vcus(0.5).spawn(|| ());
    let error = task.wait().expect_err("it can't be mapped");
    let TaskErrorKind::Panicked(message) = error.kind() else {
        panic!("{error}")
    };
    assert!(message.contains("mapping policy"), "{message}");
    runtime
        .task()
        .spawn(|| ())
        .wait()
        .expect_err("it has a choice, too");
    let fixed = runtime.task().placement(cpu(1)).vcus(0.5).spawn(|| ());
    fixed.wait().expect("it needs no policy");
}

#[test]
fn it_is_told_why_a_task_went_where_it_went() {
    let runtime = common::build(builder().cpu_devices(2).memory(4096_u64));
    let whole = || runtime.task().vcus(1.0);
    let (gate, first_gate) = (Gate::default(), Gate::default());
    let pass = gate.clone();
    let holder = runtime.task().placement(cpu(0)).vcus(1.0).memory(24_u64);
    let holder = holder.spawn(move || pass.pass());
    assert!(holder.mapping().is_none(), "it had no choice");

    let pass = first_gate.clone();
    let first = whole().spawn(move || pass.pass());
    let mapping = first.mapping().expect("it is kept");
    assert!(!mapping.best_had_no_room(), "{mapping}");
    let facts: Vec<_> = mapping
        .candidates
        .iter()
        .map(|it| {
            let facts = &it.candidate.devices[0];
            (facts.device, facts.tasks, facts.free_memory.get())
        })
        .collect();
    assert_eq!(facts, [(cpu(1), 0, 2048), (cpu(0), 1, 2024)]);
    assert!(mapping.candidates[0].cost < mapping.candidates[1].cost);

    let second = whole().spawn(current_devices);
    let mapping = second.mapping().expect("it is kept");
    assert_eq!(mapping.chosen, None, "it waits: {mapping}");
    first_gate.open();
    assert_eq!(second.wait().expect("it runs"), &[cpu(1)]);
    let mapping = second.mapping().expect("it is kept");
    assert!(mapping.waited && mapping.best_had_no_room());
    let text = mapping.to_string();
    assert!(
        text.starts_with("mapped by locality; the best had no room"),
        "{text}"
    );
    assert!(
        text.contains("-> cost") && text.contains("cpu(1): 1 tasks"),
        "{text}"
    );
    gate.open();
    common::all_end_well(&[holder, first]);
    runtime
        .task()
        .vcus(0.5)
        .spawn(|| ())
        .wait()
        .expect("it runs");
}

#[test]
fn nothing_is_kept_unless_asked_for() {
    let runtime = common::build(Runtime::builder().workers(1).cpu_devices(2));
    let task = runtime.task().vcus(0.5).spawn(|| ());
    task.wait().expect("it runs");
    assert!(task.mapping().is_none());
}

#[test]
fn a_body_goes_on_where_it_was() {
    let runtime = common::build(builder().cpu_devices(3));
    for _ in 0..6 {
        let body = async {
            let before = current_devices();
            parla::Handle::current()
                .task()
                .vcus(0.5)
                .spawn(|| ())
                .await?;
            Ok::<_, parla::TaskError>((before, current_devices()))
        };
        let task = runtime.task().vcus(0.5).try_spawn(body);
        let (before, after) = task.wait().expect("it runs");
        assert_eq!(before, after);
    }
}

#[test]
fn with_a_seed_the_mapping_is_reproducible() {
    let run = |seed| {
        let builder = builder().workers(1).seed(seed).cpu_devices(3);
        let runtime = common::build(builder);
        let log = Arc::new(Mutex::new(Vec::new()));
        runtime
            .run(|| {
                let t = TaskSpace::new("T");
                for i in 0..60_usize {
                    let log = log.clone();
                    let task = t.task(i).vcus(0.3).deps((i > 4).then(|| t.task(i - 5)));
                    task.spawn(move || {
                        let mut log = log.lock().expect("no panic under the lock");
                        log.push((i, current_devices()));
                    });
                }
            })
            .expect("all ends well");
        let log = log.lock().expect("no panic under the lock");
        log.clone()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

/// A file in a folder that is gone after the test.
struct HistoryFile(PathBuf);

impl HistoryFile {
    fn new() -> Self {
        let name = format!(
            "parla-mapping-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        Self(std::env::temp_dir().join(name).join("run-times.ron"))
    }

    /// As if `function` had taken those seconds.
    fn write(&self, function: &str, on_host: f64, on_gpu: f64) {
        let entry = |devices, seconds| {
            format!(
                r#"(function: "{function}", digits: 0, devices: "{devices}",
                samples: 5, mean_seconds: {seconds}, variance: 0.0)"#
            )
        };
        let (host, gpu) = (
            entry("cpu", on_host),
            entry("gpu a device of the test", on_gpu),
        );
        self.put(&format!("(version: 1, run_times: [{host}, {gpu}])"));
    }

    fn put(&self, text: &str) {
        fs::create_dir_all(self.0.parent().expect("it has a folder")).expect("it can be made");
        fs::write(&self.0, text).expect("it can be written");
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.0).expect("it has been written")
    }
}

impl Drop for HistoryFile {
    fn drop(&mut self) {
        let _ = self.0.parent().map(fs::remove_dir_all);
    }
}

fn learning(queues: &Queues, file: &HistoryFile) -> Runtime {
    let builder = builder().policy(EarliestFinish).history_at(&file.0);
    common::build(builder.devices(queues.clone()))
}

/// Runs a task that may run on the host or on a GPU; tells where it was.
fn anywhere(runtime: &Runtime, queues: &Queues, function: &'static str) -> DeviceKind {
    let placement = Placement::alternatives([Placement::gpu(), Placement::cpu()]);
    let task = runtime.task().label(function).placement(placement);
    let task = task.spawn(current_devices);
    let mapping = task.mapping().expect("it is kept");
    let chosen = mapping.chosen.expect("there is room");
    let device = mapping.candidates[chosen].candidate.devices[0].device;
    if device.kind() == DeviceKind::Gpu {
        queues.finish(function);
    }
    assert_eq!(task.wait().expect("it runs"), &[device]);
    device.kind()
}

#[test]
fn learned_times_send_a_task_to_the_faster_kind() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    file.write("f", 1.0, 1000.0);
    let runtime = learning(&queues, &file);
    assert_eq!(anywhere(&runtime, &queues, "f"), DeviceKind::Cpu);
    drop(runtime);
    file.write("f", 1000.0, 1.0);
    let runtime = learning(&queues, &file);
    assert_eq!(anywhere(&runtime, &queues, "f"), DeviceKind::Gpu);
    let task = runtime
        .task()
        .label("f")
        .placement(Placement::gpu())
        .spawn(|| ());
    queues.wait_for("seal f");
    queues.finish("f");
    task.wait().expect("it runs");
}

#[test]
fn the_faster_kind_is_left_when_too_much_is_expected_to_be_done_there() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    file.write("f", 3500.0, 1000.0);
    let runtime = learning(&queues, &file);
    let placement = || Placement::alternatives([Placement::cpu(), Placement::gpu()]);
    // Those that have no choice count as well.
    let fixed = runtime.task().label("f").placement(gpu(0)).spawn(|| ());
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            runtime
                .task()
                .label("f")
                .placement(placement())
                .spawn(current_devices)
        })
        .collect();
    let chosen = tasks.iter().map(|task| {
        let mapping = task.mapping().expect("it is kept");
        let first = &mapping.candidates[mapping.chosen.expect("there is room")];
        first.candidate.devices[0].device.kind()
    });
    use DeviceKind::{Cpu, Gpu};
    // With one task there it will be done in 2000 s, with two in 3000 s, with three in 4000 s.
    assert_eq!(chosen.collect::<Vec<_>>()[..3], [Gpu, Gpu, Cpu]);
    let on_gpu = tasks.iter().filter(|task| {
        let mapping = task.mapping().expect("it is kept");
        let chosen = mapping.chosen.expect("there is room");
        mapping.candidates[chosen].candidate.devices[0]
            .device
            .kind()
            == Gpu
    });
    (0..=on_gpu.count()).for_each(|_| queues.finish("f"));
    common::all_end_well(&tasks);
    fixed.wait().expect("it ends");
}

#[test]
fn each_kind_is_tried_and_what_is_learned_is_kept() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    let runtime = learning(&queues, &file);
    let kinds: Vec<_> = (0..8).map(|_| anywhere(&runtime, &queues, "f")).collect();
    let on_gpu = kinds.iter().filter(|kind| **kind == DeviceKind::Gpu);
    assert_eq!(
        on_gpu.count(),
        4,
        "one to get warm and three of each: {kinds:?}"
    );
    // Of these nothing is known.
    anywhere(&runtime, &queues, "g");
    let learned = runtime.task().label("f").placement(Placement::any());
    let learned = learned.kinds(parla::DeviceKinds::CPU.and(parla::DeviceKinds::GPU));
    let learned = learned.spawn(|| ());
    let mapping = learned.mapping().expect("it is kept");
    for weighed in &mapping.candidates {
        let known = weighed.candidate.run_time.expect("it was measured");
        assert_eq!(known.samples, 3);
    }
    let chosen = &mapping.candidates[mapping.chosen.expect("there is room")];
    if chosen.candidate.devices[0].device == gpu(0) {
        queues.finish("f");
    }
    learned.wait().expect("it runs");
    drop(runtime);
    let kept = file.read();
    assert_eq!(kept.matches("function: \"f\"").count(), 2, "{kept}");
    assert!(kept.contains("\"gpu a device of the test\""), "{kept}");
    assert!(!kept.contains("\"g\""), "one run says nothing: {kept}");
    let runtime = learning(&queues, &file);
    anywhere(&runtime, &queues, "f");
    assert!(runtime.explain().notes.is_empty());
}

#[test]
fn a_failure_says_nothing_of_how_long_tasks_take() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    let runtime = learning(&queues, &file);
    let fails = || {
        let task = runtime.task().label("f").placement(gpu(0));
        let task = task.try_spawn(|| Err::<(), _>("on purpose"));
        queues.finish("f");
        task.wait().expect_err("it fails");
    };
    (0..4).for_each(|_| fails());
    drop(runtime);
    assert!(!file.0.exists(), "nothing was learned");
}

#[test]
fn a_file_that_is_no_history_is_as_good_as_none() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    file.put("{ not a history");
    let runtime = learning(&queues, &file);
    let notes = runtime.explain().notes;
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("run-times.ron"), "{notes:?}");
    (0..8).for_each(|_| {
        anywhere(&runtime, &queues, "f");
    });
    drop(runtime);
    assert!(file.read().contains("version: 1"), "it was replaced");
}

#[test]
fn a_policy_that_does_not_learn_leaves_the_file_alone() {
    let (queues, file) = (Queues::new(1), HistoryFile::new());
    file.put("{ not a history");
    let builder = builder().history_at(&file.0).devices(queues.clone());
    let runtime = common::build(builder);
    (0..4).for_each(|_| {
        anywhere(&runtime, &queues, "f");
    });
    assert!(runtime.explain().notes.is_empty());
    drop(runtime);
    assert_eq!(file.read(), "{ not a history");
}
