//! Names of the user's own that generated code, the prelude or Rust might be thought to claim.

#![deny(warnings)]
#![forbid(unsafe_code)]

use parla::prelude::*;

#[task]
fn run(argument_0_: i32, builder_: i32) -> i32 {
    argument_0_ + builder_
}

#[derive(Clone, Copy)]
struct Some(i32);

#[expect(non_camel_case_types, reason = "it would hide a type of that name")]
type i64 = f64;

mod core {}
mod std {}

struct Vec;
struct Result;
struct Ok;

trait Clash {
    fn detect(&self) -> i32 {
        1
    }
    fn add_to(&self) -> i32 {
        4
    }
    fn select_tasks(&self) -> i32 {
        6
    }
    fn spawn(&self) -> i32 {
        2
    }
    fn task(&self) -> i32 {
        3
    }
    fn get(&self) -> i32 {
        5
    }
}
impl<T> Clash for T {}

#[parla::main(workers = 1)]
async fn main() -> parla::Result<()> {
    let (builder_, body_, sink_) = (1, 2, 3);
    let (t, deps, placement, cpu, any) = (TaskSpace::new("T"), 4, 5, 6, 7);
    let index = 0;

    #[spawn(t[index], placement = cpu)]
    fn builder() -> i32 {
        builder_ + body_ + sink_ + deps + placement + cpu + any
    }
    #[spawn(t[1], deps = [t[0]], input = [body = builder])]
    move || assert_eq!(*body, builder_ + body_ + sink_ + 22);
    let argument_1_ = 10;
    let called = #[spawn(t[2], input = [builder])]
    run(argument_1_, *builder);
    let some = #[spawn(t[3], deps = [called])]
    || Some(1);
    let words = #[spawn(t[4])]
    || (Vec, Result, Ok);
    drop(words);
    let float: i64 = 1.5;
    #[spawn(t[5])]
    fn input() -> i64 {
        float
    }
    #[spawn(t[6])]
    fn t_() -> i32 {
        float.get() + Clash::spawn(&float)
    }
    assert_eq!(called.await?, 38);
    assert_eq!(some.await?.0, 1);
    assert_eq!(input.await?, 1.5);
    assert_eq!(t_.await?, 7);
    parla::Result::Ok(())
}
