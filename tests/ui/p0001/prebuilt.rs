use parla::Graph;

#[parla::main]
fn main() -> parla::Result<()> {
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        t.task(0).spawn(|| ());
        for i in 1..4 {
            for j in 0..i {
                t.task(i).deps(t.task(j)).spawn(|| ());
            }
        }
    })?;
    graph.run(&())
}
