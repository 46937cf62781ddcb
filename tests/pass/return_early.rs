//! What comes behind a return may never happen.

use parla::prelude::*;

#[task_graph]
fn build(t: &TaskSpace<'static>, n: usize) -> Result<Task<usize>, String> {
    if n == 0 {
        let none = #[spawn(t[0])]
        || 0;
        return Ok(none);
    }
    let text = std::env::var("PARLA_NO_SUCH_VARIABLE");
    let Err(_) = text else {
        #[spawn(t[0])]
        fn never() {}
        return Err(String::from("it is set"));
    };
    let number: usize = "7".parse().map_err(|_| String::from("no number"))?;
    for i in 0..n {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {}
        if i == 5 {
            return Err(String::from("too many"));
        }
    }
    let last = #[spawn(t[n], deps = [t[n - 1]])]
    move || number;
    Ok(last)
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    assert_eq!(build(&t, 0).unwrap().await?, 0);
    let t = TaskSpace::new("T");
    assert_eq!(build(&t, 3).unwrap().await?, 7);
    let t = TaskSpace::new("T");
    assert!(build(&t, 9).is_err());
    Ok(())
}
