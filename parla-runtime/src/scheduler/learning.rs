//! Measures how long tasks take, for policies that want to know, and keeps it from run to run.

use std::path::PathBuf;
use std::time::Duration;

use smallvec::SmallVec;

use super::Scheduler;
use super::policy::{History, Key, RunTime, load, save};
use crate::device::Devices;
use crate::sync::{Arc, Instant, Mutex};
use crate::task::{Node, Options};

/// What is known of run times, and the clock they are measured with.
#[derive(Debug)]
pub(crate) struct Learning {
    /// Nowhere if it is not to be kept.
    path: Option<PathBuf>,
    /// Why what was kept could not be used.
    pub(super) note: Option<String>,
    /// What tells devices apart, by their numbers.
    names: Vec<Arc<str>>,
    start: Instant,
    learned: Mutex<Learned>,
}

#[derive(Debug)]
struct Learned {
    history: History,
    /// When the last task on each device ended.
    ended: Vec<Duration>,
}

impl Learning {
    /// Goes on from what is kept at `path`.
    pub(crate) fn new(devices: &Devices, path: Option<PathBuf>) -> Self {
        let (mut history, mut note) = (History::default(), None);
        match path.as_deref().map(load) {
            Some(Ok(kept)) => history = kept,
            Some(Err(why)) => {
                let path = path.clone().unwrap_or_default();
                note = Some(format!(
                    "run times are learned afresh, since `{}` can't be used: {why}",
                    path.display()
                ));
            }
            None => {}
        }
        let name = |number: usize| {
            let (device, kind) = (&devices[number], devices[number].id().kind());
            // Parts of one host are alike, and their names tell the number.
            match devices.is_host(number) {
                true => Arc::from(kind.to_string()),
                false => format!("{kind} {}", device.name()).into(),
            }
        };
        Self {
            path,
            note,
            names: (0..devices.len()).map(name).collect(),
            start: Instant::now(),
            learned: Mutex::new(Learned {
                history,
                ended: vec![Duration::ZERO; devices.len()],
            }),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// What is known of such tasks on those devices.
    pub(super) fn run_time(
        &self,
        function: &Arc<str>,
        bytes: u64,
        devices: impl Iterator<Item = usize>,
    ) -> Option<RunTime> {
        let key = self.key(function, bytes, devices)?;
        self.learned.lock().history.run_time(&key)
    }

    /// `None` if such tasks have nothing in common.
    fn key(
        &self,
        function: &Arc<str>,
        bytes: u64,
        devices: impl Iterator<Item = usize>,
    ) -> Option<Key> {
        if function.is_empty() {
            return None;
        }
        let names: SmallVec<[&Arc<str>; 2]> = devices.map(|device| &self.names[device]).collect();
        let devices = match &names[..] {
            [] => return None,
            [name] => Arc::clone(name),
            names => {
                let names: Vec<&str> = names.iter().map(|name| &***name).collect();
                names.join(" + ").into()
            }
        };
        Some(Key::new(function.clone(), bytes, devices))
    }

    /// A body that worked on the host has ended well.
    fn add(&self, node: &Node, options: &Options, took: Duration) {
        let devices = options.granted();
        let (function, bytes) = (function_of(node), options.bytes());
        if let Some(key) = self.key(&function, bytes, devices.iter().copied()) {
            self.learned.lock().history.add(key, took);
        }
    }

    /// The work of a task on devices with queues is done; yields how long it took, from the moment
    /// when the devices could begin with it.
    fn end_on_devices(&self, options: &Options) -> Duration {
        let (now, since) = (self.now(), options.course.lock().since);
        let mut learned = self.learned.lock();
        let mut begun = since;
        for device in options.granted() {
            let ended = std::mem::replace(&mut learned.ended[device], now);
            begun = begun.max(ended);
        }
        now.saturating_sub(begun)
    }

    /// Keeps it for the next run. It is a cache: if that fails, nobody has to know.
    fn save(&self) {
        let learned = self.learned.lock();
        if let Some(path) = self.path.as_deref().filter(|_| learned.history.is_new()) {
            let _ = save(&learned.history, path);
        }
    }
}

/// How far a task is, for those who measure. Times are those of [`Learning::now`].
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// How long its body has worked.
    busy: Duration,
    /// Since when its devices could work on what it has queued.
    since: Duration,
}

/// What a task has in common with others that take as long: its label, else the task function that
/// it calls, else its space. Empty if it has none of those.
pub(super) fn function_of(node: &Node) -> Arc<str> {
    let options = node.options();
    let label = options.and_then(|options| options.label.clone());
    let called = || options?.function.map(Arc::from);
    let function = label.or_else(called);
    function.unwrap_or_else(|| node.family().shared_name())
}

impl Scheduler {
    fn learns_of<'a>(&self, node: &'a Node) -> Option<(&Learning, &'a Options)> {
        let learning = self.mapper.learning.as_ref()?;
        let options = node.options().filter(|options| options.is_placed())?;
        Some((learning, options))
    }

    /// A body begins to work; yields the time if that is measured.
    #[inline]
    pub(crate) fn body_begins(&self, node: &Node) -> Option<Duration> {
        self.mapper.learning.as_ref()?;
        self.learns_of(node).map(|(learning, _)| learning.now())
    }

    /// It has worked since then.
    #[inline]
    pub(crate) fn body_rests(&self, node: &Node, since: Option<Duration>) {
        if let Some(since) = since
            && let Some((learning, options)) = self.learns_of(node)
        {
            let now = learning.now();
            options.course.lock().busy += now.saturating_sub(since);
        }
    }

    /// A task whose body did all its work has ended well.
    #[inline]
    pub(crate) fn learn_from_body(&self, node: &Node) {
        if self.mapper.learning.is_some()
            && let Some((learning, options)) = self.learns_of(node)
        {
            let took = options.course.lock().busy;
            learning.add(node, options, took);
        }
    }

    /// From now on devices can work on what a task has queued: its body has ended, or something that
    /// it follows.
    pub(super) fn devices_may_begin(&self, node: &Node) {
        if let Some((learning, options)) = self.learns_of(node) {
            options.course.lock().since = learning.now();
        }
    }

    /// The work of a task on devices is done.
    pub(super) fn learn_from_devices(&self, node: &Node, is_well: bool) {
        if let Some((learning, options)) = self.learns_of(node) {
            let took = learning.end_on_devices(options);
            if is_well {
                learning.add(node, options, took);
            }
        }
    }

    /// Keeps what was learned for the next run.
    pub(crate) fn save_history(&self) {
        if let Some(learning) = &self.mapper.learning {
            learning.save();
        }
    }
}
