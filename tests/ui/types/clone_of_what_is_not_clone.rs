use parla::prelude::*;

#[parla::main]
fn main() {
    let t = TaskSpace::new("T");
    struct Matrix;
    let matrix = Matrix;
    #[spawn(t[0], clone = [matrix])]
    fn task() {
        drop(matrix);
    }
}
