//! Tells the runtime when work is done: one thread for the process asks the driver how far the
//! streams are. Nothing is queued for it, so it holds up no stream, and it can't miss the end of a
//! device, as a function queued behind the work would.

mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, LazyLock, PoisonError};
use std::thread;
use std::time::Duration;

pub(crate) use watch::Pending;
use watch::Watch;

use crate::lock::Mutex;
use crate::stream::StreamId;

/// Has the closure of `pending` called when its work is done.
pub(crate) fn watch(pending: Pending) {
    static POLLER: LazyLock<bool> = LazyLock::new(|| {
        thread::Builder::new()
            .name("parla-gpu".into())
            .spawn(|| Poller::default().run())
            .is_ok()
    });
    if *POLLER {
        INBOX.pending.lock().push(pending);
        // Relaxed: with the lock in between, either this sees that the thread rests, or the thread
        // sees what was pushed. One that only pauses is not worth a wake-up.
        if INBOX.rests.load(Ordering::Relaxed) {
            INBOX.arrived.notify_one();
        }
    } else {
        // Without a thread to do it, the caller waits.
        pending.wait();
    }
}

struct Inbox {
    pending: Mutex<Vec<Pending>>,
    /// Whether the thread waits for the first of them; changed under the lock.
    rests: AtomicBool,
    arrived: Condvar,
}

static INBOX: Inbox = Inbox {
    pending: Mutex::new(Vec::new()),
    rests: AtomicBool::new(false),
    arrived: Condvar::new(),
};

/// If so few ends are waited for, somebody may have nothing else to do than to wait for one of them;
/// if more, a pause costs nothing, and asking all the time would hold up those who queue more.
const FEW: usize = 2;
/// Rounds without news in which the thread only lets others run, then.
const EAGER: u32 = 100;
/// The pause after that, and the longest: well below what a kernel worth launching takes, well above
/// what a round costs.
const PAUSE: Duration = Duration::from_micros(20);
const LONGEST_PAUSE: Duration = Duration::from_micros(160);

/// What is in flight, by stream.
#[derive(Default)]
struct Poller(BTreeMap<StreamId, Watch>);

impl Poller {
    fn run(mut self) -> ! {
        let mut quiet = 0;
        loop {
            for pending in self.receive(quiet) {
                self.0.entry(pending.stream()).or_default().add(pending);
                quiet = 0;
            }
            let mut done = 0;
            self.0.retain(|_, watch| {
                done += watch.poll();
                !watch.is_empty()
            });
            quiet = if done > 0 { 0 } else { quiet + 1 };
        }
    }

    /// What is new; pauses first if there has been no news, and as long as nothing is in flight.
    fn receive(&self, quiet: u32) -> Vec<Pending> {
        let mut pending = INBOX.pending.lock();
        if self.0.is_empty() {
            INBOX.rests.store(true, Ordering::Relaxed);
            let idle = |pending: &mut Vec<Pending>| pending.is_empty();
            let woken = INBOX.arrived.wait_while(pending, idle);
            pending = woken.unwrap_or_else(PoisonError::into_inner);
            INBOX.rests.store(false, Ordering::Relaxed);
        } else {
            let in_flight: usize = self.0.values().map(Watch::len).sum();
            let eager = if in_flight <= FEW { EAGER } else { 0 };
            match quiet.checked_sub(eager) {
                _ if !pending.is_empty() && in_flight <= FEW => {}
                None => {
                    drop(pending);
                    thread::yield_now();
                    pending = INBOX.pending.lock();
                }
                Some(rounds) => {
                    let pause = (PAUSE * (1 << rounds.min(8))).min(LONGEST_PAUSE);
                    let woken = INBOX.arrived.wait_timeout(pending, pause);
                    pending = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        std::mem::take(&mut *pending)
    }
}
