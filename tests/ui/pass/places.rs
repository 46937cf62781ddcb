//! Spawns where statements and expressions may stand: methods, generics, loops, arms, closures, bodies.

#![deny(warnings)]
#![forbid(unsafe_code)]

use std::fmt::Display;

use parla::prelude::*;

struct Solver {
    space: TaskSpace<'static>,
    done: Vec<Task<usize>>,
}

impl Solver {
    #[task_graph]
    fn start(&mut self, n: usize) -> &mut Self {
        for i in 0..n {
            self.done.push(
                #[spawn(self.space[i], deps = [self.space[i - 1], self.done])]
                move || i,
            );
        }
        self
    }

    #[task_graph]
    async fn last(&self) -> parla::Result<usize> {
        let last = &self.done[self.done.len() - 1];
        let next = #[spawn(input = [last])]
        move || last + 1;
        Ok(next.await?)
    }

    /// A nested function needs no attribute around it.
    fn report(&self, text: &'static str) -> Task<&'static str> {
        #[spawn(self.space[100], deps = [self.done])]
        fn report() -> &'static str {
            text
        }
        report
    }
}

trait Work {
    fn work(&self, t: &TaskSpace<'static>) -> Task<String>;
}

impl<T: Display> Work for [T] {
    #[task_graph]
    fn work(&self, t: &TaskSpace<'static>) -> Task<String> {
        let words: Vec<String> = self.iter().map(ToString::to_string).collect();
        #[spawn(t[0])]
        move || words.join(" ")
    }
}

#[task_graph]
fn map<'a, T, R, F>(items: &'a [T], f: &'a F) -> parla::Result<Vec<R>>
where
    T: Sync,
    R: Clone + Send + Sync,
    F: Fn(&T) -> R + Sync,
{
    let tasks = parla::scope(|s| {
        let t = s.task_space("map");
        let tasks = items.iter().enumerate();
        let tasks = tasks.map(|(i, item)| {
            #[spawn(t[i])]
            move || f(item)
        });
        tasks.collect::<Vec<_>>()
    })?;
    let results = tasks.iter().map(|task| task.wait().cloned());
    Ok(results.collect::<Result<_, _>>()?)
}

#[task_graph]
fn generic<T: Default + Send + Sync + 'static, const N: usize>() -> Task<[T; N]> {
    #[spawn]
    fn make() -> [T; N] {
        std::array::from_fn(|_| T::default())
    }
    make
}

macro_rules! chain {
    ($t:expr, $i:expr) => {{
        #[spawn($t[$i], deps = [$t[$i - 1]])]
        fn link() -> usize {
            $i
        }
        link
    }};
}

#[parla::main(workers = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let t = TaskSpace::new("T");
    let mut solver = Solver {
        space: TaskSpace::new("S"),
        done: Vec::new(),
    };
    assert_eq!(solver.start(3).last().await?, 3);
    assert_eq!(solver.report("done").await?, "done");
    assert_eq!([1, 2].work(&TaskSpace::new("W")).await?, "1 2");
    assert_eq!(map(&[1, 2, 3], &|x| 2 * x)?, [2, 4, 6]);
    assert_eq!(generic::<u8, 2>().await?, [0, 0]);

    let mut i = 0;
    while i < 3 {
        if i % 2 == 0 {
            #[spawn(t[i])]
            fn _even() {}
        } else {
            #[spawn(t[i])]
            move || assert_eq!(i, 1);
        }
        match i {
            2 => {
                #[spawn(t[i, 0])]
                fn _arm() {}
            }
            _ => drop(
                #[spawn(t[i, 0])]
                || (),
            ),
        }
        i += 1;
    }
    #[spawn(t[10])]
    async fn parent() -> Result<i32, parla::TaskError> {
        #[spawn]
        fn child() -> i32 {
            1
        }
        let other = #[spawn]
        async move {
            let grandchild = #[spawn]
            || 2;
            grandchild.await
        };
        Ok(child.await? + other.await?)
    }
    assert_eq!(parent.await?, 3);
    let links = TaskSpace::new("L");
    for i in 0..3_usize {
        assert_eq!(chain!(links, i).await?, i);
    }
    #[cfg(any())]
    #[spawn(no_such_space[0])]
    fn left_out() {}
    Ok(())
}
