use parla::prelude::*;

#[parla::main]
fn main() -> parla::Result<()> {
    let (input, output) = (TaskSpace::new("input"), TaskSpace::new("output"));
    for i in 0..3 {
        output.task(i).deps(input.task(i)).spawn(move || println!("{i}"));
    }
    output.slice(0..3).wait_all().wait()?;
    for i in 0..3 {
        input.task(i).spawn(|| ());
    }
    Ok(())
}
