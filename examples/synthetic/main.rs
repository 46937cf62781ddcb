//! Runs synthetic task graphs, the way schedulers are measured: tasks of known length that do
//! nothing, in graphs from a file or of a regular form. Then checks, from the event log of the
//! runtime, that every task ran once and after its dependencies.
//!
//! ```text
//!   serial          reduction         stencil              reduction-scatter
//!
//!   ▢──►▢──►▢──►▢    ▢──┐             ▢──►▢──►▢──►▢         ▢──┐    ┌──►▢──┐
//!   ▢──►▢──►▢──►▢    ▢──┴─►▢──┐        ╲╱  ╲╱  ╲╱              │    │      │
//!   ▢──►▢──►▢──►▢    ▢──┐     ├─►▢     ╱╲  ╱╲  ╱╲           ▢──┼─►▢─┼──►▢──┼─►▢
//!   ▢──►▢──►▢──►▢    ▢──┴─►▢──┘       ▢──►▢──►▢──►▢         ▢──┘    └──►▢──┘
//! ```
//!
//! It shows how a program spawns a graph that it knows only at run time, without macros: task
//! spaces and indices by value, dependencies from an iterator, shares of a device (`vcus`), logical
//! CPUs, and the event log. The files are those of Parla's own benchmarks; see `format/mod.rs`.
//!
//! ```text
//! cargo run --release --example synthetic -- some.gph --scale 0.1
//! cargo run --release --example synthetic -- --generate stencil --width 32 --depth 50 --time 100
//! cargo run --release --example synthetic -- --generate random --output random.gph
//! ```

mod format;
mod generate;
mod graph;
mod options;
mod run;
mod verify;

use std::fs;

use parla::{Error, Result, Runtime};

use graph::Graph;
use options::{Options, Source};

fn main() -> Result<()> {
    let options = Options::from_command_line();
    let graph = graph_of(&options.source)?;
    println!(
        "tasks:         {}, with {} dependencies",
        graph.tasks.len(),
        graph.edges()
    );
    match &options.output {
        Some(path) => {
            fs::write(path, format::write(&graph)).map_err(|error| {
                Error::other(format!("can't write `{}`: {error}", path.display()))
            })?;
            println!("written to:    {}", path.display());
            Ok(())
        }
        None => measure(&graph, &options),
    }
}

fn graph_of(source: &Source) -> Result<Graph> {
    match source {
        Source::Generated(kind, shape) => generate::generate(*kind, shape).map_err(Error::other),
        Source::File(path) => {
            let file = path.display();
            let text = fs::read_to_string(path)
                .map_err(|error| Error::other(format!("can't read `{file}`: {error}")))?;
            format::parse(&text).map_err(|error| Error::other(format!("`{file}`, {error}")))
        }
    }
}

/// Runs the graph, checks the run, and compares its time with the shortest possible.
fn measure(graph: &Graph, options: &Options) -> Result<()> {
    let elsewhere = graph
        .tasks
        .iter()
        .filter(|task| !task.on_cpu().is_for_cpu())
        .count();
    if elsewhere > 0 {
        println!(
            "note:          {elsewhere} tasks ask for a GPU; there is none yet, they run on the CPU"
        );
    }
    let runtime = runtime(options)?;
    let (workers, cpus) = (runtime.workers(), runtime.devices().len());
    println!("workers:       {workers}, on {cpus} logical CPUs");

    let run = run::run(graph, &runtime, options.scale)?;
    let makespan = verify::verify(graph, &run)
        .map_err(|error| Error::other(format!("the run was wrong: {error}")))?
        .as_secs_f64();
    println!("verified:      every task ran once, after its dependencies");

    let seconds = |micros: f64| micros * options.scale / 1e6;
    let work = seconds(graph.work());
    let path = seconds(graph.critical_path());
    let ideal = (work / workers as f64)
        .max(seconds(graph.occupancy()) / cpus as f64)
        .max(path);
    println!("work:          {work:.6} s");
    println!("critical path: {path:.6} s");
    println!("ideal:         {ideal:.6} s");
    println!("makespan:      {makespan:.6} s");
    if makespan > 0.0 {
        println!("efficiency:    {:.1} %", 100.0 * ideal / makespan);
    }
    Ok(())
}

/// A runtime with an event log, and with one logical CPU per worker unless asked otherwise: the
/// `vcus` of the files are shares of one core.
fn runtime(options: &Options) -> Result<Runtime> {
    let workers = match options.workers {
        Some(workers) => workers,
        None => std::thread::available_parallelism()?.get(),
    };
    let cpus = options.cpus.unwrap_or(workers);
    Runtime::builder()
        .workers(workers)
        .cpu_devices(cpus)
        .trace(true)
        .build()
}
