#[parla::main(sim_gpus = 1)]
fn main() {}
