use parla::ndarray::Array2;
use parla::PArray;
use parla::prelude::*;

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    const N: usize = 4;
    let a = PArray::new(Array2::<f64>::zeros((N, N)));
    let (rows, columns) = (TaskSpace::new("rows"), TaskSpace::new("columns"));
    for i in 0..N {
        #[spawn(rows[i], inout = [a[i]])]
        fn row() {
            a.fill(1.0);
        }
    }
    for j in 0..N {
        #[spawn(columns[j], deps = [rows[j]], inout = [a[.., j]])]
        fn column() {
            a.fill(2.0);
        }
    }
    Ok(())
}
