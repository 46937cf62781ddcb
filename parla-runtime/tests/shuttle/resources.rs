//! Admission: what tasks ask for is never given twice, and comes back.

use std::sync::atomic::{AtomicU32, Ordering};

use parla_runtime::scope;

use crate::explore::{dawdle, draw, explore, runtime};

#[test]
fn shares_are_never_given_twice() {
    explore(700, || {
        let mut rng = draw();
        let (taken, ran) = (AtomicU32::new(0), AtomicU32::new(0));
        let runtime = runtime(3);
        let ambient = runtime.enter();
        let outcome = scope(|s| {
            for _ in 0..6 {
                let quarters = rng.u32(1..=4);
                let waits = rng.bool();
                let (taken, ran) = (&taken, &ran);
                s.task().vcus(f64::from(quarters) / 4.0).spawn(move || {
                    let work = || {
                        let others = taken.fetch_add(quarters, Ordering::Relaxed);
                        assert!(others + quarters <= 4, "{others} and {quarters}");
                        dawdle();
                        taken.fetch_sub(quarters, Ordering::Relaxed);
                    };
                    work();
                    if waits {
                        // Gives up what it has, and asks for it again.
                        let inner = scope(|s| drop(s.task().spawn(dawdle)));
                        inner.expect("none fails");
                        work();
                    }
                    ran.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        outcome.expect("none fails");
        assert_eq!(ran.load(Ordering::Relaxed), 6);
        drop(ambient);
    });
}
