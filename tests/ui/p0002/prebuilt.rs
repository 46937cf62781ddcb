use parla::Graph;

#[parla::main]
fn main() -> parla::Result<()> {
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        for i in 1..8 {
            t.task(i).deps(t.task(i - 1)).spawn(|| ());
        }
    })?;
    graph.run(&())
}
