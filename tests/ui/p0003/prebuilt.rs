use parla::Graph;

#[parla::main]
fn main() -> parla::Result<()> {
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        for i in 0..6 {
            t.task(i).deps(t.task(5 - i)).spawn(|| ());
        }
    })?;
    graph.run(&())
}
