use parla::prelude::*;

struct Solver;

impl Solver {
    #[task]
    fn solve(&self) {}
}

fn main() {
    Solver.solve();
}
