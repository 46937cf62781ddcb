use parla::prelude::*;

const STEPS: usize = 4;

#[parla::main]
fn main() {
    let (compute, exchange) = (TaskSpace::new("compute"), TaskSpace::new("exchange"));
    for step in 0..STEPS {
        #[spawn(compute[step], deps = [compute[step - 1], exchange[step]])]
        fn compute_step() {}
        #[spawn(exchange[step], deps = [compute[step]])]
        fn exchange_step() {}
    }
}
