//! What `#[parla::main]` and `#[parla::test]` call.

use std::future::Future;
use std::process::ExitCode;
use std::task::{Context, Waker};

use super::{Runtime, RuntimeBuilder};
use crate::error::{Error, Result};
use crate::scheduler::Scheduler;
use crate::sync::{Arc, tokio};

/// What a `main` function may return.
#[diagnostic::on_unimplemented(
    message = "`#[parla::main]` can't return `{Self}`",
    label = "return nothing, or a `Result` whose error can be made from `parla::Error`"
)]
pub trait MainOutput {
    /// What the generated `main` returns.
    type Exit;

    /// Joins what the program returned with what the runtime has to say at its end.
    fn exit(result: Result<Self>) -> Self::Exit
    where
        Self: Sized;
}

impl MainOutput for () {
    type Exit = ExitCode;

    #[expect(
        clippy::print_stderr,
        reason = "the report of a program without a Result"
    )]
    fn exit(result: Result<()>) -> ExitCode {
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("Error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

impl<T, E: From<Error>> MainOutput for Result<T, E> {
    type Exit = Self;

    fn exit(result: Result<Self>) -> Self {
        result.unwrap_or_else(|error| Err(error.into()))
    }
}

/// What a test function may return.
#[diagnostic::on_unimplemented(
    message = "`#[parla::test]` can't return `{Self}`",
    label = "return nothing, or a `Result` whose error can be made from `parla::Error`"
)]
pub trait TestOutput {
    /// What the generated test returns.
    type Exit;

    /// Joins what the test returned with what the runtime has to say at its end.
    fn exit(result: Result<Self>) -> Self::Exit
    where
        Self: Sized;
}

impl TestOutput for () {
    type Exit = ();

    #[track_caller]
    fn exit(result: Result<()>) {
        if let Err(error) = result {
            panic!("{error}");
        }
    }
}

impl<T, E: From<Error>> TestOutput for Result<T, E> {
    type Exit = Self;

    fn exit(result: Result<Self>) -> Self {
        result.unwrap_or_else(|error| Err(error.into()))
    }
}

/// Runs an async `main`, with Ctrl-C handled.
pub fn run_main<F>(builder: RuntimeBuilder, program: F) -> <F::Output as MainOutput>::Exit
where
    F: Future,
    F::Output: MainOutput,
{
    F::Output::exit(with_interrupts(builder).and_then(|runtime| runtime.block_on(program)))
}

/// Runs a sync `main`, with Ctrl-C handled.
pub fn run_main_blocking<T: MainOutput>(
    builder: RuntimeBuilder,
    program: impl FnOnce() -> T,
) -> T::Exit {
    T::exit(with_interrupts(builder).and_then(|runtime| runtime.run(program)))
}

/// Runs an async test.
#[track_caller]
pub fn run_test<F>(builder: RuntimeBuilder, program: F) -> <F::Output as TestOutput>::Exit
where
    F: Future,
    F::Output: TestOutput,
{
    F::Output::exit(
        builder
            .build()
            .and_then(|runtime| runtime.block_on(program)),
    )
}

/// Runs a sync test.
#[track_caller]
pub fn run_test_blocking<T: TestOutput>(
    builder: RuntimeBuilder,
    program: impl FnOnce() -> T,
) -> T::Exit {
    T::exit(builder.build().and_then(|runtime| runtime.run(program)))
}

fn with_interrupts(builder: RuntimeBuilder) -> Result<Runtime> {
    let runtime = builder.build()?;
    let scheduler = Arc::clone(runtime.scheduler());
    let _tokio = scheduler.tokio.enter();
    let mut first = Box::pin(tokio::signal::ctrl_c());
    // tokio takes the signal over at the first poll: now, before the program starts.
    let polled = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    if polled.is_pending() {
        scheduler
            .tokio
            .spawn(watch_for_interrupts(scheduler.clone(), first));
    }
    Ok(runtime)
}

/// The first Ctrl-C stops the program in order, the second ends it.
#[expect(
    clippy::print_stderr,
    reason = "the user at the terminal is told what goes on"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "the second Ctrl-C asks for just that"
)]
async fn watch_for_interrupts(
    scheduler: Arc<Scheduler>,
    first: impl Future<Output = std::io::Result<()>>,
) {
    /// What shells report for a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;
    if first.await.is_err() {
        return;
    }
    scheduler.interrupt();
    eprintln!("interrupted: waiting for running tasks; press Ctrl-C again to exit at once");
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(INTERRUPTED);
    }
}
