use parla::prelude::*;

#[task_graph]
fn sum(values: Vec<u64>, parts: usize) -> Task<u64> {
    let t = TaskSpace::new("part");
    let length = values.len() / parts;
    for i in 0..parts {
        let part = values[i * length..][..length].to_vec();
        #[spawn(t[i])]
        fn add() -> u64 {
            part.iter().sum()
        }
    }
    #[spawn(deps = [t[0..=parts]])]
    fn total() -> u64 {
        0
    }
    total
}

fn main() {
    drop(sum(vec![1; 100], 4));
}
