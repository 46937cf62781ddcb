use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    struct Matrix;
    #[spawn(t[0])]
    fn load() -> Matrix {
        Matrix
    }
    let matrix = load.await?;
    drop(matrix);
    Ok(())
}
