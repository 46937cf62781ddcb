//! Data in the hands of the program itself, between tasks: waits for those that come before, holds up
//! those that come after.
#![expect(
    unsafe_code,
    reason = "views of elements that the order of accesses keeps for the program"
)]

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use ndarray::{Array, ArrayView, ArrayViewMut, Dimension};

use super::access::{view, view_mut};
use super::accessor::{Accessing, locking};
use super::coherence::Mode as Effect;
use super::copies::Copies;
use super::order::{Accessor as _, Mode};
use super::{Element, PArray, Part, Shared};
use crate::error::{TaskError, TaskErrorKind};
use crate::reference::TaskRef;
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::task::{Options, TaskName};
use crate::wait::Ending;
use crate::worker::context;

/// A wait for data; `.await` it, or call [`wait`](Self::wait) to block. It takes its place among the
/// accesses when it is made, not when it is waited for.
#[must_use = "call `.await` or `.wait()`"]
pub struct Claim<G> {
    held: Held,
    finish: fn(Held) -> G,
}

/// What the program holds of a datum.
struct Held {
    part: Arc<Part>,
    mode: Mode,
    /// What it comes after, unless all that has ended, and the program knows how.
    before: Vec<Accessing>,
    until: Until,
}

/// What tells tasks that come later that the program is done.
enum Until {
    /// A task without a body, spawned at the end, and whether that is still to come.
    Task(Option<(TaskRef<'static>, Arc<AtomicBool>)>),
    /// There was no runtime, nor any task that uses the datum.
    Flag,
    /// Nobody: it was in use so, and can't be had.
    Refused,
}

/// Elements of an array that the program reads; tasks that change them wait until it is dropped.
pub struct ReadGuard<T, D> {
    held: Held,
    elements: PhantomData<(T, D)>,
}

/// Elements of an array that the program may change; tasks that use them wait until it is dropped.
pub struct WriteGuard<T, D> {
    held: Held,
    elements: PhantomData<(T, D)>,
}

impl<T: Element, D: Dimension + 'static> PArray<T, D> {
    /// The elements for the program itself, which waits for all tasks spawned so far that change
    /// them. Tasks that are spawned later and change them wait until the guard is dropped.
    ///
    /// Errors of the wait: the failure of a task that it waited for, or of a device; or
    /// [`WaitInTask`](crate::TaskErrorKind::WaitInTask) in a sync body, which declares its data
    /// instead. Outside of any runtime nothing is waited for: what is in use there, and not to be
    /// shared, is [`BadClause`](crate::TaskErrorKind::BadClause).
    pub fn read(&self) -> Claim<ReadGuard<T, D>> {
        let finish = |held| ReadGuard {
            held,
            elements: PhantomData,
        };
        Claim::new(self.shared_part(), Mode::Read, finish)
    }

    /// As [`read`](Self::read), to change the elements: waits for all tasks that use them, and holds
    /// up all that are spawned later.
    ///
    /// If a task has failed that changed them, the wait gives its error, once: whoever asks again has
    /// the elements, as they are.
    pub fn write(&self) -> Claim<WriteGuard<T, D>> {
        let finish = |held| WriteGuard {
            held,
            elements: PhantomData,
        };
        Claim::new(self.shared_part(), Mode::Update, finish)
    }

    /// The array again, after all tasks that use it. Nothing is copied if this is the only handle on
    /// it, and not of a region, nor of an array in a file.
    pub fn into_array(self) -> Claim<Array<T, D>> {
        let part = self.into_part();
        let finish = |held: Held| {
            let Part { datum, region } = &*held.part;
            let is_whole = region.shape().eq(datum.shape().iter().copied());
            let is_only = Arc::strong_count(&held.part) == 1 && Arc::strong_count(datum) == 1;
            if !is_whole || !is_only || !datum.home().is_of::<Array<T, D>>() {
                // SAFETY: as in `WriteGuard`.
                return unsafe { view::<T, D>(&held.part) }.to_owned();
            }
            let unshared = Arc::try_unwrap(held.release()).and_then(|Part { datum, region }| {
                Arc::try_unwrap(datum).map_err(|datum| Part::new(datum, region))
            });
            match unshared.map(|datum| datum.into_home().into_owner()) {
                Ok(Some(array)) => array,
                Ok(None) => unreachable!("it was made of such an array"),
                // Somebody looks at all data there is, and uses none of it.
                // SAFETY: this was the only handle, and no task uses it.
                Err(part) => unsafe { view::<T, D>(&part) }.to_owned(),
            }
        };
        Claim::new(&part, Mode::Update, finish)
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// The value again, after all tasks that use it.
    ///
    /// Errors of the wait are as with [`PArray::write`].
    ///
    /// # Panics
    ///
    /// At the end of the wait, if there are other handles on the value.
    pub fn into_inner(self) -> Claim<T> {
        let part = self.into_part();
        let finish = |held: Held| {
            let datum = Arc::into_inner(held.release()).map(|part| part.datum);
            let datum = datum.and_then(Arc::into_inner);
            let datum = datum.expect("a shared value is taken out by its last handle");
            let value = datum.into_home().into_owner();
            value.expect("it was made of such a value")
        };
        Claim::new(&part, Mode::Update, finish)
    }
}

impl<G> Claim<G> {
    fn new(part: &Arc<Part>, mode: Mode, finish: fn(Held) -> G) -> Self {
        let Part { datum, region } = &**part;
        let ambient = context::ambient();
        let mut before = Vec::new();
        let until = locking(|| {
            let mut accesses = datum.accesses();
            if accesses.is_borrowed(mode) {
                return Until::Refused;
            }
            // Without an ambient runtime, that of any task that uses the datum.
            let of_a_task = || Some(accesses.any()?.task().family().scheduler.clone());
            let Some(scheduler) = ambient.or_else(of_a_task) else {
                accesses.borrow(mode);
                return Until::Flag;
            };
            let task = TaskRef::anonymous(&scheduler.anonymous());
            // Who waits for it in vain is told of it by that.
            task.node().set_options(Box::new(Options {
                label: Some(format!("end of the program's use of {part}").into()),
                ..Options::default()
            }));
            let races = &scheduler.races;
            let id = races
                .is_on()
                .then(|| races.declaring(task.node(), false, &[]).id);
            let is_held = Arc::new(AtomicBool::new(true));
            let this = Accessing::of_claim(task.node(), id, &is_held);
            // If what it comes after fails, that may be before the end of what that came after.
            accesses.live(region, mode, |earlier| before.push(earlier.clone()));
            accesses.come_after(region, mode, this, |earlier| {
                if earlier.has_ended() {
                    before.push(earlier.clone());
                }
            });
            Until::Task(Some((task, is_held)))
        });
        let held = Held {
            part: part.clone(),
            mode,
            before,
            until,
        };
        Self { held, finish }
    }

    /// Blocks the thread until the data can be used.
    ///
    /// # Errors
    ///
    /// The failure of a task that it waited for, or of a device; or
    /// [`WaitInTask`](crate::TaskErrorKind::WaitInTask) in a sync body.
    pub fn wait(self) -> Result<G, TaskError> {
        let Self { mut held, finish } = self;
        let ends = held.before.iter().map(|it| Ending::of(it.task().clone()));
        let result = ends.map(Ending::wait_blocking).fold(Ok(()), Result::and);
        held.arrive(result)?;
        held.fetch()?;
        Ok(finish(held))
    }
}

impl<G: Send + 'static> IntoFuture for Claim<G> {
    type Output = Result<G, TaskError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut held, finish } = self;
        Box::pin(async move {
            let mut result = Ok(());
            let ends = held.before.iter().map(|it| Ending::of(it.task().clone()));
            for end in ends.collect::<Vec<_>>() {
                result = result.and(end.await);
            }
            held.arrive(result)?;
            crate::blocking(|| held.fetch())?;
            Ok(finish(held))
        })
    }
}

impl Held {
    /// All that was waited for has ended. A failure that the program has seen is forgotten.
    fn arrive(&mut self, result: Result<(), TaskError>) -> Result<(), TaskError> {
        if matches!(self.until, Until::Refused) {
            return Err(self.error(TaskErrorKind::BadClause(self.part.borrowed_mistake())));
        }
        // In a sync body nothing was waited for; nor can the program wait for itself.
        let has_ended = self.before.iter().all(Accessing::has_ended);
        if has_ended && (result.is_ok() || self.mode != Mode::Read) {
            self.before.clear();
        }
        if result.is_err() && has_ended && self.mode != Mode::Read {
            locking(|| self.part.datum.accesses().forget_failed(&self.part.region));
        }
        result
    }

    /// Brings the newest elements home.
    fn fetch(&self) -> Result<(), TaskError> {
        let copies = self.part.datum.copies();
        let store = copies.as_ref().and_then(Copies::store);
        drop(copies);
        let Some(store) = store else { return Ok(()) };
        let effect = match self.mode {
            Mode::Read => Effect::Read,
            _ => Effect::Update,
        };
        let fetched = store.fetch_home(&self.part.datum, &self.part.region, effect);
        fetched.map_err(|error| self.error(store.why(error)))
    }

    fn error(&self, kind: TaskErrorKind) -> TaskError {
        TaskError::new(TaskName::of_label(format!("use of `{}`", self.part)), kind)
    }

    /// Lets others go on; what was held.
    fn release(mut self) -> Arc<Part> {
        self.let_go();
        self.part.clone()
    }

    fn let_go(&mut self) {
        match &mut self.until {
            Until::Task(task) => {
                if let Some((mut task, is_held)) = task.take() {
                    // Release: pairs with `Accessing::has_failed`.
                    is_held.store(false, Ordering::Release);
                    // One that was not waited for does not end before those it comes after.
                    let before = std::mem::take(&mut self.before);
                    let is_free = before.is_empty();
                    (before.iter()).for_each(|it| task.declare_dependency(it.task().clone()));
                    let task = task.spawn(|| ());
                    if is_free && matches!(task.node.outcome(), Some(Err(_))) {
                        // Its runtime has ended, which is not the fault of those who come later.
                        let is_this = |it: &Accessing| it.task().is(&task.node);
                        locking(|| {
                            let Part { datum, region } = &*self.part;
                            datum.accesses().forget(region, is_this);
                        });
                    }
                }
            }
            Until::Flag => locking(|| self.part.datum.accesses().give_back(self.mode)),
            Until::Refused => {}
        }
        self.until = Until::Task(None);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl<T: Element, D: Dimension + 'static> ReadGuard<T, D> {
    /// The elements.
    #[must_use]
    pub fn view(&self) -> ArrayView<'_, T, D> {
        // SAFETY: it is of such an array. All tasks that write the region have ended; those that
        // come later wait until `self` is dropped.
        unsafe { view(&self.held.part) }
    }
}

impl<T: Element, D: Dimension + 'static> WriteGuard<T, D> {
    /// The elements.
    #[must_use]
    pub fn view(&self) -> ArrayView<'_, T, D> {
        // SAFETY: as below.
        unsafe { view(&self.held.part) }
    }

    /// The elements.
    #[must_use]
    pub fn view_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        // SAFETY: it is of such an array. All tasks that use the region have ended; those that come
        // later wait until `self` is dropped.
        unsafe { view_mut(&self.held.part) }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.part, f)
    }
}

impl<G> fmt::Debug for Claim<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.held.fmt(f)
    }
}

impl<T, D> fmt::Debug for ReadGuard<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.held.fmt(f)
    }
}

impl<T, D> fmt::Debug for WriteGuard<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.held.fmt(f)
    }
}
