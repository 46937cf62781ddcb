//! Waits in every form, for what is there, and for what others will spawn.

use parla::prelude::*;
use std::task::Poll;
use std::time::Duration;

#[parla::main(workers = 2)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    t.wait_all().await?;
    for i in 0..4 {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {}
    }
    t.task(0).await?;
    t.slice(0..2).await?;
    t.slice(1..4).wait_all().await?;
    (&t.task(1)).await?;
    t.tasks().wait_all().await?;

    let later = t.task(4);
    #[spawn(t[4])]
    fn four() {}
    later.await?;

    let waits = async { t.task(5).await };
    #[spawn(t[5])]
    fn five() {}
    waits.await?;

    // Both are polled in turn, and only the second one spawns.
    let mut six = std::pin::pin!(async { t.task(6).await });
    let mut seven = std::pin::pin!(async {
        #[spawn(t[6])]
        fn six() {}
        #[spawn(t[7])]
        fn seven() {}
        seven.await
    });
    let mut ended = [false; 2];
    std::future::poll_fn(|context| {
        ended[0] = ended[0] || six.as_mut().poll(context).is_ready();
        ended[1] = ended[1] || seven.as_mut().poll(context).is_ready();
        if ended == [true; 2] { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;

    let slow = tokio::time::timeout(Duration::from_millis(1), async { t.task(8).await }).await;
    assert!(slow.is_err());
    #[spawn(t[8])]
    fn eight() -> i32 {
        8
    }
    let result = tokio::time::timeout(Duration::from_secs(60), eight.clone().into_future()).await;
    assert_eq!(result.expect("it ends soon")?, 8);
    match (&eight).await {
        Ok(number) if *number == 8 => {}
        other => panic!("{other:?}"),
    }
    if let Ok(8) = eight.clone().await {
        t.task(9).spawn(|| ());
    }
    let pair = (eight.await?, t.task(9).await?);
    assert_eq!(pair, (8, ()));
    let handles: Vec<_> = (10..14).map(|i| t.task(i).spawn(move || i)).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await?;
    }
    assert_eq!(sum, 46);
    Ok(())
}
