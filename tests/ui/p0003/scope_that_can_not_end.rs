use parla::prelude::*;

#[parla::main]
fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let mut sums = [0; 3];
    parla::scope(|s| {
        let u = s.task_space("sum");
        for (i, sum) in sums.iter_mut().enumerate() {
            u.task(i).spawn(move || *sum = i);
        }
        #[spawn(u[3], deps = [t[0]])]
        fn last() {}
    })?;
    #[spawn(t[0])]
    fn too_late() {}
    Ok(())
}
