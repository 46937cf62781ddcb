use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[1], deps = [t[0]])]
    fn second() -> i32 {
        2
    }
    println!("{}", second.await?);
    #[spawn(t[0])]
    fn first() {}
    Ok(())
}
