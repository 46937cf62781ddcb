//! Async bodies: they wait for tasks, timers, sockets and channels without holding a worker.

mod common;

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use common::{Census, Log};
use parla::prelude::*;
use parla::{Handle, TaskError, TaskState, current_task};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};

#[test]
fn thirty_thousand_chained_tasks_each_await_a_child() {
    for workers in [1, 4] {
        let runtime = common::runtime(workers);
        let count = Arc::new(AtomicUsize::new(0));
        let result = runtime.block_on(async {
            let t = TaskSpace::new("T");
            for i in 0..30_000 {
                let count = count.clone();
                t.task(i).deps(t.task(i - 1)).try_spawn(async move {
                    assert_eq!(count.fetch_add(1, Ordering::Relaxed) as i64, i);
                    Handle::current().task().spawn(|| ()).await
                });
            }
            t.task(29_999).await
        });
        result.expect("all ends well").expect("the last task runs");
        assert_eq!(count.load(Ordering::Relaxed), 30_000);
    }
}

#[parla::test(workers = 1)]
async fn a_waiting_body_holds_no_worker() -> parla::Result<()> {
    common::watch();
    let open = Arc::new(Notify::new());
    let t = TaskSpace::new("T");
    for i in 0..100 {
        #[spawn(t[i], clone = [open])]
        async fn waiting() {
            open.notified().await;
        }
    }
    #[spawn(t[100], clone = [open])]
    async fn opener() {
        // Runs on the only worker, while the others wait: each drops its share at its end.
        while Arc::strong_count(&open) > 2 {
            open.notify_waiters();
            tokio::task::yield_now().await;
        }
    }
    t.slice(0..100).await?;
    opener.await?;
    Ok(())
}

#[parla::test(workers = 1)]
async fn yielding_lets_other_tasks_run() -> parla::Result<()> {
    common::watch();
    #[spawn]
    fn spawner() -> Vec<Task<()>> {
        let done = Arc::new(AtomicUsize::new(0));
        let yielding = (0..5).map(|_| {
            let done = done.clone();
            Handle::current().task().spawn(async move {
                while done.load(Ordering::SeqCst) < 5 {
                    tokio::task::yield_now().await;
                }
            })
        });
        let plain = (0..5).map(|_| {
            let done = done.clone();
            Handle::current().task().spawn(move || {
                done.fetch_add(1, Ordering::SeqCst);
            })
        });
        let plain: Vec<_> = plain.collect();
        plain.into_iter().chain(yielding).collect()
    }
    for task in spawner.await? {
        task.await?;
    }
    Ok(())
}

#[parla::test(workers = 2)]
async fn timers_work_in_bodies_and_in_the_program() -> parla::Result<()> {
    common::watch();
    let log = Log::new();
    let t = TaskSpace::new("T");
    for i in 0..3 {
        #[spawn(t[i], deps = [t[i - 1]], clone = [log])]
        async fn sleeper() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            log.push(i);
        }
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    t.slice(0..3).await?;
    assert_eq!(log.take(), [0, 1, 2]);
    #[spawn]
    fn sync_body_in_the_context_of_tokio() -> bool {
        tokio::runtime::Handle::try_current().is_ok()
    }
    assert!(sync_body_in_the_context_of_tokio.await?);
    Ok(())
}

#[parla::test(workers = 1)]
async fn sockets_work_between_bodies_of_one_worker() -> parla::Result<()> {
    common::watch();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    #[spawn]
    async fn server() -> std::io::Result<usize> {
        let (mut stream, _) = listener.accept().await?;
        let (mut total, mut buffer) = (0, [0; 1024]);
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(total),
                read => stream.write_all(&buffer[..read]).await?,
            }
            total += 1;
        }
    }
    #[spawn]
    async fn client() -> std::io::Result<u32> {
        let mut stream = TcpStream::connect(address).await?;
        let mut sum = 0;
        for i in 0..100 {
            stream.write_u32(i).await?;
            sum += stream.read_u32().await?;
        }
        Ok(sum)
    }
    assert_eq!(client.await?, 4950);
    assert!(
        server.await? >= 100,
        "each message came back before the next was sent"
    );
    Ok(())
}

#[test]
fn channels_from_threads_outside_wake_bodies() {
    let runtime = common::runtime(2);
    let (sender, mut receiver) = mpsc::channel(4);
    let (answer, answered) = oneshot::channel();
    let task = runtime.task().try_spawn(async move {
        let mut sum = 0;
        while let Some(value) = receiver.recv().await {
            sum += value;
        }
        answer.send(sum).map_err(|_| "nobody listens")
    });
    let feeder =
        std::thread::spawn(move || (0..1000_u32).try_for_each(|value| sender.blocking_send(value)));
    let sum = runtime
        .block_on(answered)
        .expect("no stall while a thread has the sender");
    assert_eq!(sum.expect("it is sent"), 499_500);
    feeder.join().expect("no panic").expect("all was taken");
    task.wait().expect("it ends");
}

#[parla::test(workers = 2)]
async fn two_tasks_can_be_awaited_at_once() -> parla::Result<()> {
    common::watch();
    #[spawn]
    async fn race() -> Result<(u32, u32), TaskError> {
        let child = |value: u32| {
            Handle::current().task().spawn(async move {
                tokio::time::sleep(Duration::from_millis(u64::from(value))).await;
                value
            })
        };
        let (left, right) = (child(5), child(1));
        let (mut left, mut right) = (pin!(left.into_future()), pin!(right.into_future()));
        let (mut first, mut second) = (None, None);
        std::future::poll_fn(move |context| {
            if first.is_none()
                && let Poll::Ready(value) = left.as_mut().poll(context)
            {
                first = Some(value);
            }
            if second.is_none()
                && let Poll::Ready(value) = right.as_mut().poll(context)
            {
                second = Some(value);
            }
            match (first.clone(), second.clone()) {
                (Some(first), Some(second)) => Poll::Ready(first.and_then(|a| Ok((a, second?)))),
                _ => Poll::Pending,
            }
        })
        .await
    }
    assert_eq!(race.await?, (5, 1));
    Ok(())
}

#[parla::test(workers = 2)]
async fn giving_up_an_await_does_not_touch_the_task() -> parla::Result<()> {
    common::watch();
    let open = Arc::new(Notify::new());
    #[spawn(clone = [open])]
    async fn slow() -> u32 {
        open.notified().await;
        7
    }
    for _ in 0..10 {
        let waited = tokio::time::timeout(Duration::from_millis(1), &slow).await;
        waited.map(drop).expect_err("nobody has opened");
    }
    open.notify_one();
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(50), slow)
            .await
            .expect("in time")?,
        7
    );
    Ok(())
}

#[test]
fn futures_of_tokio_can_await_tasks() {
    let runtime = common::runtime(2);
    let gate = common::Gate::default();
    let result = runtime.block_on(async {
        let pass = gate.clone();
        let task = Handle::current().task().spawn(move || {
            pass.pass();
            6
        });
        let foreign = tokio::spawn(async move { task.await.map(|six| six * 7) });
        tokio::task::yield_now().await;
        gate.open();
        foreign.await
    });
    let answer = result
        .expect("no stall")
        .expect("no panic")
        .expect("no failure");
    assert_eq!(answer, 42);
}

#[test]
fn a_body_can_await_a_task_of_another_runtime() {
    let (here, there) = (common::runtime(1), common::runtime(1));
    let gate = common::Gate::default();
    for _ in 0..50 {
        let pass = gate.clone();
        let foreign = there.task().spawn(move || {
            pass.pass();
            7
        });
        let by_program = foreign.clone();
        let sum = here.block_on(async {
            let waiting = Handle::current()
                .task()
                .try_spawn(async move { foreign.await });
            // Lets `here` come to rest while `there` is busy.
            Handle::current().task().spawn(|| ()).await?;
            gate.open();
            Ok::<_, TaskError>(by_program.await? + waiting.await?)
        });
        assert_eq!(sum.expect("no stall").expect("no failure"), 14);
    }
}

#[test]
fn wakes_from_everywhere_at_any_time_lose_nothing() {
    let runtime = common::runtime(2);
    let (wakers, stop) = (
        Arc::new(Mutex::new(Vec::<Waker>::new())),
        Arc::new(Notify::new()),
    );
    let storm = {
        let (wakers, stop) = (wakers.clone(), Arc::downgrade(&stop));
        std::thread::spawn(move || {
            while stop.strong_count() > 0 {
                let wakers: Vec<_> = wakers.lock().expect("no panic").clone();
                wakers.iter().for_each(Waker::wake_by_ref);
                std::thread::yield_now();
            }
            wakers.lock().expect("no panic").clear();
        })
    };
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let wakers = wakers.clone();
            runtime.task().spawn(async move {
                let mut polls = 0;
                std::future::poll_fn(move |context| {
                    polls += 1;
                    wakers
                        .lock()
                        .expect("no panic")
                        .push(context.waker().clone());
                    if polls < 20 {
                        Poll::Pending
                    } else {
                        Poll::Ready(polls)
                    }
                })
                .await
            })
        })
        .collect();
    for task in &tasks {
        assert_eq!(task.wait().copied().expect("it ends"), 20);
    }
    drop(stop);
    storm.join().expect("no panic");
}

#[parla::test(workers = 2)]
async fn the_current_task_is_right_on_both_sides_of_an_await() -> parla::Result<()> {
    common::watch();
    assert_eq!(current_task(), None);
    let t = TaskSpace::new("T");
    for i in 0..50 {
        #[spawn(t[i])]
        async fn body() {
            for _ in 0..3 {
                assert_eq!(
                    current_task().map(|name| name.indices().to_vec()),
                    Some(vec![i])
                );
                tokio::task::yield_now().await;
            }
        }
    }
    t.wait_all().await?;
    Ok(())
}

#[test]
fn what_a_body_captured_is_dropped_when_it_ends() {
    let runtime = common::runtime(2);
    let census = Census::default();
    let counted = census.enter();
    let task = runtime.task().spawn(async move {
        tokio::task::yield_now().await;
        let _counted = counted;
    });
    task.wait().expect("it ends");
    assert_eq!((task.state(), census.alive()), (TaskState::Ended, 0));
}

#[parla::test(workers = 2)]
async fn a_read_that_was_given_up_does_not_hide_a_stall() -> parla::Result<()> {
    common::watch();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut client = TcpStream::connect(listener.local_addr()?).await?;
    let _server = listener.accept().await?;
    let read = tokio::time::timeout(Duration::from_millis(5), client.read_u8()).await;
    read.map(drop).expect_err("nobody writes");
    let error = TaskSpace::new("T")
        .task(0)
        .await
        .expect_err("nobody spawns it");
    assert!(error.stalled().is_some(), "{error}");
    Ok(())
}
