//! The threads of the engine under shuttle, in random and PCT schedules: whatever is asked for runs
//! once and in order, and no wait hangs, however threads come, rest, go, or can't be had.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p parla-cuda-sim --test shuttle`; without the flag there
//! is nothing here. The very files of the crate are compiled here against shuttle's primitives. A
//! lost wake-up is a deadlock, which shuttle reports.
#![cfg(shuttle)]
#![expect(dead_code, reason = "the model uses only a part of the engine")]

#[path = "../src/stream/engine.rs"]
mod engine;
#[path = "../src/stream/order.rs"]
mod order;

/// Stands in for `src/stream/sync.rs`: with time-outs at any moment, which shuttle has not, and
/// threads that can't be had.
mod sync {
    use shuttle::rand::{Rng, thread_rng};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;

    pub(crate) use std::sync::PoisonError;
    // Not shuttle's: what the engine holds in it is a hint, and each switch would cost time.
    pub(crate) use std::sync::atomic::AtomicUsize;

    /// Whether the model has ended, so that whoever still waits has waited long enough.
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    /// Threads that live.
    static LIVE: AtomicUsize = AtomicUsize::new(0);
    /// Of a hundred threads so many can't be had.
    static MISSING: AtomicUsize = AtomicUsize::new(0);
    static CONDVARS: std::sync::Mutex<Vec<Arc<shuttle::sync::Condvar>>> =
        std::sync::Mutex::new(Vec::new());

    pub(crate) fn begin(missing: usize) {
        IS_OVER.store(false, Relaxed);
        LIVE.store(0, Relaxed);
        MISSING.store(missing, Relaxed);
        CONDVARS.lock().unwrap().clear();
    }

    /// Lets time pass until all threads have gone.
    pub(crate) fn end() {
        IS_OVER.store(true, Relaxed);
        while LIVE.load(Relaxed) > 0 {
            let condvars = CONDVARS.lock().unwrap().clone();
            condvars.iter().for_each(|condvar| condvar.notify_all());
            thread::yield_now();
        }
    }

    #[derive(Debug)]
    pub(crate) struct Condvar(Arc<shuttle::sync::Condvar>);

    impl Default for Condvar {
        fn default() -> Self {
            let condvar = Arc::default();
            CONDVARS.lock().unwrap().push(Arc::clone(&condvar));
            Self(condvar)
        }
    }

    type Waited<'a, T> = Result<MutexGuard<'a, T>, PoisonError<MutexGuard<'a, T>>>;

    impl Condvar {
        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> Waited<'a, T> {
            self.0.wait(guard)
        }

        /// Every other wait does not time out before the end, so that no time-out hides that a call
        /// was lost.
        pub(crate) fn wait_timeout_while<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _timeout: Duration,
            mut condition: impl FnMut(&mut T) -> bool,
        ) -> Result<(MutexGuard<'a, T>, ()), PoisonError<(MutexGuard<'a, T>, ())>> {
            let is_over = Arc::new(AtomicBool::new(false));
            if thread_rng().r#gen() {
                let (waiters, is_over) = (Arc::clone(&self.0), Arc::clone(&is_over));
                shuttle::thread::spawn(move || {
                    is_over.store(true, Relaxed);
                    waiters.notify_all();
                });
            }
            let waits = |state: &mut T| {
                condition(state) && !is_over.load(Relaxed) && !IS_OVER.load(Relaxed)
            };
            let guard = self.0.wait_while(guard, waits);
            Ok((guard.unwrap_or_else(PoisonError::into_inner), ()))
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    pub(crate) mod thread {
        use super::{LIVE, MISSING, Relaxed, Rng, thread_rng};
        pub(crate) use shuttle::thread::yield_now;
        use std::io;

        pub(crate) struct Builder;

        impl Builder {
            pub(crate) fn new() -> Self {
                Self
            }

            pub(crate) fn name(self, _name: String) -> Self {
                self
            }

            pub(crate) fn spawn(self, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
                if thread_rng().gen_range(0..100) < MISSING.load(Relaxed) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                LIVE.fetch_add(1, Relaxed);
                shuttle::thread::spawn(move || {
                    work();
                    LIVE.fetch_sub(1, Relaxed);
                });
                Ok(())
            }
        }
    }
}

mod codes {
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Code(u32);

    impl Code {
        pub(crate) const OPERATING_SYSTEM: Self = Self(304);
    }
}

mod event {
    #[derive(Debug, Default)]
    pub(crate) struct Mark(std::sync::OnceLock<std::time::Instant>);

    impl Mark {
        pub(crate) fn set(&self, at: std::time::Instant) {
            self.0.set(at).expect("a mark is set once");
        }

        pub(crate) fn is_set(&self) -> bool {
            self.0.get().is_some()
        }
    }
}

mod handle {
    pub(crate) type Handle = u64;
}

mod trace {
    pub(crate) fn next_instant() -> u64 {
        static NEXT: super::AtomicU64 = super::AtomicU64::new(1);
        NEXT.fetch_add(1, super::Relaxed)
    }
}

use codes::Code;
use engine::{Engine, GraphNode, Work};
use event::Mark;
use order::{Lane, Rule, Ticket};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// A stream that waits for no other.
fn lane(stream: u64) -> Lane {
    Lane {
        stream,
        context: 1,
        rule: Rule::NonBlocking,
        priority: 0,
    }
}

/// What ran, in this order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u32>>>);

impl Log {
    /// Work that takes a moment, and leaves its number.
    fn work(&self, number: u32) -> Work {
        let log = self.clone();
        Work::Run(Box::new(move |_| {
            shuttle::thread::yield_now();
            log.0.lock().unwrap().push(number);
        }))
    }

    fn take(&self) -> Vec<u32> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Runs a model in many schedules; `missing` of a hundred threads can't be had. At its end all
/// threads must go.
fn explore(missing: usize, model: impl Fn() + Clone + Send + Sync + 'static) {
    // One at a time: the number is of the whole process.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let model = move || {
        sync::begin(missing);
        model();
        sync::end();
    };
    shuttle::check_random(model.clone(), 10_000);
    // PCT has nothing to choose from where there is but one thread.
    if missing < 100 {
        shuttle::check_pct(model, 3_000, 3);
    }
}

/// Two threads that each use a stream twice and wait for what they asked for, at the end for both.
fn two_streams() {
    let engine = Arc::new(Engine::default());
    let threads = [1, 2].map(|stream| {
        let engine = Arc::clone(&engine);
        shuttle::thread::spawn(move || {
            for _ in 0..2 {
                let log = Log::default();
                let mut submitted = Vec::new();
                for number in 0..3 {
                    match engine.submit(lane(stream), &[], log.work(number)) {
                        Ok(_) => submitted.push(number),
                        Err(code) => assert_eq!(code, Code::OPERATING_SYSTEM),
                    }
                }
                engine.wait(&engine.pending(&lane(stream)));
                assert_eq!(log.take(), submitted);
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(engine.of_context(1), []);
}

#[test]
fn all_work_runs_in_the_order_of_its_stream() {
    explore(0, two_streams);
}

#[test]
fn what_was_taken_runs_even_if_most_threads_can_not_be_had() {
    explore(70, two_streams);
}

#[test]
fn without_any_thread_work_is_refused_and_marks_are_reached() {
    explore(100, || {
        let (engine, log) = (Engine::default(), Log::default());
        let refused = engine.submit(lane(1), &[], log.work(0));
        assert_eq!(refused, Err(Code::OPERATING_SYSTEM));
        let node = GraphNode {
            lane: lane(1),
            work: log.work(1),
            dependencies: Vec::new(),
            after: Vec::new(),
        };
        let refused = engine.submit_graph(lane(1), &[], vec![node]);
        assert_eq!(refused, Err(Code::OPERATING_SYSTEM));
        assert_eq!(engine.pending(&lane(1)), []);
        let mark = Arc::new(Mark::default());
        let reached = engine.submit(lane(1), &[], Work::Mark(Some(Arc::clone(&mark))));
        engine.wait(&[reached.unwrap()]);
        assert!(mark.is_set());
        assert_eq!(log.take(), []);
    });
}

#[test]
fn a_graph_and_what_follows_it_on_another_stream_end() {
    explore(0, || {
        let (engine, log) = (Engine::default(), Log::default());
        let node = |number, dependencies: &[usize]| GraphNode {
            lane: lane(1),
            work: log.work(number),
            dependencies: dependencies.to_vec(),
            after: Vec::new(),
        };
        let nodes = vec![node(0, &[]), node(1, &[0]), node(2, &[0]), node(3, &[1, 2])];
        let end: Ticket = *engine
            .submit_graph(lane(1), &[], nodes)
            .unwrap()
            .last()
            .unwrap();
        let mark = Arc::new(Mark::default());
        engine
            .submit(lane(2), &[end], Work::Mark(Some(Arc::clone(&mark))))
            .unwrap();
        let last = engine.submit(lane(2), &[], log.work(4)).unwrap();
        engine.wait(&[last]);
        assert!(mark.is_set() && engine.has_ended(end));
        let ran = log.take();
        assert!(ran == [0, 1, 2, 3, 4] || ran == [0, 2, 1, 3, 4], "{ran:?}");
    });
}

/// Works that each end once all of them run.
fn meeting(count: usize) -> impl Iterator<Item = Work> {
    let meeting = Arc::new(shuttle::sync::Barrier::new(count));
    (0..count).map(move |_| {
        let meeting = Arc::clone(&meeting);
        Work::Run(Box::new(move |_| _ = meeting.wait()))
    })
}

#[test]
fn what_is_set_free_together_runs_at_the_same_time() {
    explore(0, || {
        let (engine, log) = (Engine::default(), Log::default());
        let first = engine.submit(lane(1), &[], log.work(0)).unwrap();
        let works = meeting(3).zip(2..);
        let submit = |(work, stream)| engine.submit(lane(stream), &[first], work).unwrap();
        let met: Vec<Ticket> = works.map(submit).collect();
        engine.wait(&met);
    });
}

#[test]
fn what_waits_for_nothing_runs_at_the_same_time() {
    explore(0, || {
        let (engine, log) = (Engine::default(), Log::default());
        // Threads that look, rest or go by the time they are needed.
        engine.submit(lane(1), &[], log.work(0)).unwrap();
        engine.submit(lane(2), &[], log.work(0)).unwrap();
        let works = meeting(3).zip(1..);
        let submit = |(work, stream)| engine.submit(lane(stream), &[], work).unwrap();
        let met: Vec<Ticket> = works.map(submit).collect();
        engine.wait(&met);
    });
}
