use parla::Gpu;
use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn unplaced(gpu: &Gpu) {}
    #[spawn(t[1], placement = [gpu, cpu])]
    fn anywhere(gpu: &Gpu) {}
    #[spawn(t[2], placement = gpu * 2)]
    fn others(gpus: &[Gpu], more: i32) {}
    let _ = (unplaced, anywhere);
}
