//! What a queue holds: a task, or a job that some waiting thread or running graph owns.
#![expect(
    unsafe_code,
    reason = "a job is a pointer into its owner, which outlives it; see `Job::new`"
)]

use std::ptr::NonNull;

use crate::task::Runnable;
use crate::worker::strand::{self, Strand};

/// One thing that a worker can do.
#[derive(Debug)]
pub(crate) enum Work {
    /// Run a ready task.
    Task(Runnable),
    /// Run a part of something that is no task.
    Job(Job),
}

/// How a job is run; the first field of whatever it is part of.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct JobHeader {
    /// Runs the part of that number. Must not unwind.
    ///
    /// # Safety
    ///
    /// Must be given the header that it was found in, still in place, for a part that is to be run
    /// and is not run elsewhere: see [`Job::new`].
    pub(crate) run: unsafe fn(NonNull<JobHeader>, part: u32),
    /// The strand that waits for the job and so stays in place; `None` if that can't be said.
    pub(crate) forked_in: Option<NonNull<Strand>>,
}

/// A part, told by its number, of something that lives elsewhere.
#[derive(Debug)]
pub(crate) struct Job {
    header: NonNull<JobHeader>,
    part: u32,
}

// SAFETY: `Job::new` demands an owner that may be used from any thread.
unsafe impl Send for Job {}

impl Job {
    /// A job to be queued.
    ///
    /// # Safety
    ///
    /// What `header` heads, and the strand it was forked in, must stay in place until the job has
    /// been run or taken back, may be used from any thread, and the job must be run at most once.
    pub(crate) unsafe fn new(header: NonNull<JobHeader>, part: u32) -> Self {
        Self { header, part }
    }

    /// Whether it is this part of that owner.
    pub(crate) fn is(&self, header: NonNull<JobHeader>, part: u32) -> bool {
        (self.header, self.part) == (header, part)
    }

    /// The number of the part, if it is one of that owner.
    pub(crate) fn part_of(&self, header: NonNull<JobHeader>) -> Option<u32> {
        (self.header == header).then_some(self.part)
    }

    /// Whether the other job can't end before this one: this one was forked below it.
    pub(crate) fn is_below(&self, other: NonNull<JobHeader>) -> bool {
        // SAFETY: in place by the promise given to `new`.
        let forked_in = unsafe { self.header.as_ref() }.forked_in;
        // SAFETY: as before.
        unsafe { strand::is_below(forked_in, other) }
    }

    /// Runs it.
    pub(crate) fn run(self) {
        // SAFETY: the header is in place by the promise given to `new`.
        let run = unsafe { self.header.as_ref() }.run;
        // SAFETY: the promise given to `new`; jobs are not cloned, so it runs once.
        unsafe { run(self.header, self.part) }
    }
}
