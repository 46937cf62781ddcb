//! Bounds in fields, lengths, tuples and slices.

use parla::prelude::*;

struct Size {
    rows: usize,
    columns: usize,
}

impl Size {
    fn cells(&self) -> usize {
        self.rows * self.columns
    }
}

#[task_graph]
fn build(size: &Size, data: &[f64], (first, count): (usize, usize)) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..size.rows {
        for j in 0..size.columns {
            #[spawn(t[i * size.columns + j], deps = [t[(i - 1) * size.columns + j]])]
            fn cell() {}
        }
    }
    let u = TaskSpace::new("U");
    for i in 0..data.len() {
        #[spawn(u[i], deps = [t[i], u[i - 1]])]
        fn element() {}
    }
    let v = TaskSpace::new("V");
    for i in first..first + count {
        #[spawn(v[i], deps = [u[i]])]
        fn some() {}
    }
    let last = #[spawn(deps = [
        t[size.cells() - 1], u[data.len() - 1], v[first], v[first + count - 1],
    ])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let size = Size { rows: 3, columns: 4 };
    build(&size, &[0.0; 12], (2, 5)).await?;
    Ok(())
}
