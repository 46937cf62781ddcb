use parla::ndarray::Ix1;
use parla::prelude::*;

#[task_graph(prebuilt)]
fn pipeline(x: &PArray<f32, Ix1>) -> parla::Result<()> {
    let y = PArray::from(vec![1.0_f32]);
    #[spawn(input = [z = y])]
    move || println!("{}", z.sum());
    #[spawn(inout = [y])]
    move || y.fill(x.len() as f32);
    Ok(())
}

#[parla::main]
fn main() -> parla::Result<()> {
    pipeline(&PArray::from(vec![1.0]))
}
