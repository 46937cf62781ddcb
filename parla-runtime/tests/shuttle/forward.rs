//! Several threads of the program spawn into one space, with dependencies on what others will spawn.

use parla_runtime::Handle;

use crate::explore::{draw, explore, runtime};
use crate::witness::Witness;

/// The tasks `T[part]`, `T[part + parts]` and so on are spawned by the thread `part`.
fn spawn_together(parts: usize) {
    const TASKS: usize = 9;
    let mut rng = draw();
    let mut order: Vec<usize> = (0..TASKS).collect();
    rng.shuffle(&mut order);
    let mut before = vec![Vec::new(); TASKS];
    for at in 1..TASKS {
        for _ in 0..rng.usize(0..3) {
            before[order[at]].push(order[rng.usize(0..at)]);
        }
    }
    let witness = Witness::new(TASKS);
    let runtime = runtime(rng.usize(1..=2));
    let t = runtime.task_space("T");
    // Thread 0 alone is always part of the program: until all are spawned, nothing is stalled.
    let ambient = runtime.enter();
    let threads: Vec<_> = (0..parts)
        .map(|part| {
            let (t, before, witness) = (t.clone(), before.clone(), witness.clone());
            let handle: Handle = (*runtime).clone();
            let enters = rng.bool();
            shuttle::thread::spawn(move || {
                let _ambient = enters.then(|| handle.enter());
                for task in (part..TASKS).step_by(parts) {
                    let (before, witness) = (before[task].clone(), witness.clone());
                    let spawning = t.task(task);
                    let spawning = spawning.deps(before.iter().map(|&before| t.task(before)));
                    drop(spawning.spawn(move || witness.run(task, &before)));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    t.wait_all().wait().expect("none fails");
    witness.check_all();
    drop(ambient);
    runtime.run(|| ()).expect("nothing is left");
}

#[test]
fn two_threads_spawn_into_one_space() {
    explore(1000, || spawn_together(2));
}

#[test]
fn three_threads_spawn_into_one_space() {
    explore(600, || spawn_together(3));
}

#[test]
fn one_of_two_spawns_of_a_task_wins() {
    explore(1500, || {
        let runtime = runtime(2);
        let t = runtime.task_space("T");
        let witness = Witness::new(2);
        let (seen, shared) = (witness.clone(), t.clone());
        let ambient = runtime.enter();
        t.task(1).deps(t.task(0)).spawn(move || seen.run(1, &[0]));
        let spawn = |seen: Witness, t: &parla_runtime::TaskSpace<'static>| {
            t.task(0).spawn(move || seen.run(0, &[]))
        };
        let seen = witness.clone();
        let other = shuttle::thread::spawn(move || spawn(seen, &shared).wait().is_ok());
        let here = spawn(witness.clone(), &t).wait().is_ok();
        let there = other.join().expect("it does not panic");
        assert!(here != there, "one is the task, the other has failed");
        t.task(1).wait().expect("it runs after the one");
        witness.check_all();
        drop(ambient);
    });
}
