use parla::prelude::*;

#[task_graph]
fn build(t: &TaskSpace<'static>, n: usize) {
    for i in 0..n {
        #[spawn(t[0..i])]
        fn slice() {}

        #[spawn(t[i], vcus = 1.5, memory = "2 gigs")]
        fn amounts() {}

        #[spawn(t[n + 1 + i], placment = cpu, after = [t[i]])]
        fn words() {}
    }
    #[spawn(t[n], deps = [t[0..n; 0]])]
    fn sum(start: i32) -> i32 {
        start
    }
    let last = #[spawn]
    || sum.await;
    println!("{last:?}");
}

#[parla::main(workers = 0)]
async fn main(arguments: Vec<String>) {
    build(&TaskSpace::new("T"), arguments.len());
}
