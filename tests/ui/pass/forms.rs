//! The four forms of a spawn, each with and without a target, as a statement and as a value.

#![deny(warnings)]
#![forbid(unsafe_code)]

use parla::prelude::*;

#[task]
fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[task]
async fn double(x: i32) -> i32 {
    2 * x
}

#[parla::main(workers = 2)]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let one = 1;

    /// A nested function may be documented.
    #[spawn(t[0])]
    fn function() -> i32 {
        one
    }
    #[spawn]
    fn _without_a_target() {}
    #[spawn(t[1])]
    async fn asynchronous() -> i32 {
        function.await.unwrap_or(0) + 1
    }
    #[allow(unused_mut)]
    #[spawn(t[2])]
    fn with_an_attribute() -> i32 {
        let mut three = 3;
        three
    }

    let closure = #[spawn(t[3])]
    || 4;
    let moving = #[spawn]
    move || one + 4;
    #[spawn(t[4])]
    move || assert_eq!(one, 1);
    #[spawn]
    || ();

    let block = #[spawn(t[5])]
    async move {
        one + 5
    };
    let async_closure = #[spawn(t[6])]
    async move || one + 6;
    #[spawn(t[7])]
    async {};

    let called = #[spawn(t[8])]
    add(one, 7);
    let awaited = #[spawn(t[9])]
    double(4).await;
    #[spawn]
    add(1, 1);

    let built = t.task(10).deps(t.slice(0..10)).spawn(|| 9);

    assert_eq!(asynchronous.await?, 2);
    assert_eq!(with_an_attribute.await?, 3);
    assert_eq!((closure.await?, moving.await?), (4, 5));
    assert_eq!((block.await?, async_closure.await?), (6, 7));
    assert_eq!((called.await?, awaited.await?, built.await?), (8, 8, 9));
    assert_eq!(add(1, 1), 2, "a task function can still be called");
    Ok(())
}
