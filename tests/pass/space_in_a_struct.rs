//! Spaces in structs, vectors, arrays, maps and `Arc`s.

use parla::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

struct Solver {
    rows: TaskSpace<'static>,
    columns: Vec<TaskSpace<'static>>,
    shared: Arc<TaskSpace<'static>>,
    by_name: HashMap<&'static str, TaskSpace<'static>>,
    n: usize,
}

impl Solver {
    #[task_graph]
    fn first(&self) {
        for i in 0..self.n {
            #[spawn(self.rows[i], deps = [self.rows[i - 1], self.columns[0][i]])]
            fn row() {}
            #[spawn(self.columns[0][i])]
            fn column() {}
            #[spawn(self.columns[1][i], deps = [self.rows[0..self.n]])]
            fn other_column() {}
        }
        #[spawn(self.shared[0], deps = [self.rows[self.n], self.by_name["a"][0]])]
        fn waits_for_later() {}
    }

    #[task_graph]
    fn second(&mut self) -> Task<()> {
        #[spawn(self.rows[self.n])]
        fn row() {}
        self.n += 1;
        #[spawn(self.rows[self.n])]
        fn next_row() {}
        let t = &self.by_name["a"];
        #[spawn(t[0])]
        fn named() {}
        let all = #[spawn(deps = [self.shared[0], self.rows])]
        || ();
        all
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let space = TaskSpace::new;
    let mut solver = Solver {
        rows: space("rows"),
        columns: vec![space("column 0"), space("column 1")],
        shared: Arc::new(space("shared")),
        by_name: HashMap::from([("a", space("a"))]),
        n: 3,
    };
    solver.first();
    solver.second().await?;
    Ok(())
}
