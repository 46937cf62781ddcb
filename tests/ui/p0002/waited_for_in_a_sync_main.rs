use parla::prelude::*;

#[parla::main]
fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    t.task(1).spawn(|| println!("one"));
    t.task(2).deps(t.task(1)).spawn(|| println!("two"));
    t.task(3).wait()?;
    Ok(())
}
