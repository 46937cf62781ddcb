use parla::prelude::*;

#[task_graph]
fn smooth(data: &[f64], halves: &mut [f64]) -> parla::Result<()> {
    parla::scope(|s| {
        let t = s.task_space("part");
        let (left, right) = halves.split_at_mut(1);
        #[spawn(t[1])]
        fn first() {
            left[0] = data[0];
        }
        #[spawn(t[2], deps = [t[0], t[1]])]
        fn second() {
            right[0] = data[1];
        }
    })
}

fn main() {
    smooth(&[1.0, 2.0], &mut [0.0, 0.0]).unwrap();
}
