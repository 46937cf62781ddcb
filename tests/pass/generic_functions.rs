//! Type parameters, const generics, trait implementations, nested functions.

use parla::prelude::*;

trait Count {
    const PARTS: usize;
    fn count(&self) -> usize;
    fn build(&self, t: &TaskSpace<'static>) -> Task<usize>;
}

impl<const N: usize> Count for [u8; N] {
    const PARTS: usize = N / 2;

    fn count(&self) -> usize {
        N
    }

    #[task_graph]
    fn build(&self, t: &TaskSpace<'static>) -> Task<usize> {
        for i in 0..N {
            #[spawn(t[i], deps = [t[i - 1], t[i - Self::PARTS]])]
            fn part() {}
        }
        let all = #[spawn(t[N], deps = [t[0..N], t[Self::PARTS], t[self.count() - 1]])]
        || N;
        all
    }
}

#[task_graph]
fn chain<const N: usize, const M: usize>() -> Task<usize> {
    let t = TaskSpace::new("T");
    for i in 0..N {
        #[spawn(t[i])]
        fn step() {}
    }
    fn last<const N: usize>(t: &TaskSpace<'static>) -> Task<usize> {
        t.task(N).deps(t.task(N - 1)).spawn(|| N)
    }
    #[spawn(deps = [t[M], t[M + 1]])]
    fn middle() {}
    last::<N>(&t)
}

#[task_graph]
fn map<T, F>(items: Vec<T>, f: F) -> Vec<Task<T>>
where
    T: Send + Sync + 'static,
    F: Fn(T) -> T + Clone + Send + 'static,
{
    let t = TaskSpace::new("map");
    let mut tasks = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let f = f.clone();
        tasks.push(
            #[spawn(t[i])]
            move || f(item),
        );
    }
    tasks
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!([0_u8; 6].build(&TaskSpace::new("T")).await?, 6);
    assert_eq!(chain::<8, 3>().await?, 8);
    for task in map(vec![1, 2], |x| x + 1) {
        assert!(task.await? > 1);
    }
    Ok(())
}
