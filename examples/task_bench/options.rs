//! The command line.

use clap::builder::{PossibleValuesParser, RangedU64ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::kernel::{Kernel, Kind};
use crate::pattern::{Pattern, Shape};
use crate::run::Mode;

/// What the user asks for.
#[derive(Debug)]
pub(crate) struct Options {
    /// The patterns to run, with their names.
    pub(crate) shapes: Vec<(&'static str, Shape)>,
    pub(crate) kernel: Kernel,
    pub(crate) mode: Mode,
    /// One worker per core if not given.
    pub(crate) workers: Option<usize>,
    pub(crate) rounds: usize,
    pub(crate) validate: bool,
    pub(crate) metg: bool,
}

impl Options {
    /// Ends the program with a message if the arguments make no sense.
    pub(crate) fn from_command_line() -> Self {
        Self::from_matches(&command().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Self {
        fn get<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> T {
            let value = matches.get_one::<T>(name);
            value.expect("it has a default").clone()
        }
        let count = |name| get::<usize>(matches, name);
        let real = |name| get::<f64>(matches, name);
        let text = |name| get::<String>(matches, name);

        let wanted = text("pattern");
        let shape = |(name, pattern)| {
            let shape = Shape {
                pattern,
                steps: count("steps"),
                width: count("width"),
                radix: count("radix"),
                period: count("period"),
                fraction: real("fraction"),
            };
            (name, shape)
        };
        let is_wanted = |&(name, _): &(&str, _)| wanted == "all" || wanted == name;
        Self {
            shapes: Pattern::ALL
                .into_iter()
                .filter(is_wanted)
                .map(shape)
                .collect(),
            kernel: Kernel {
                kind: named(&Kind::ALL, &text("kernel")),
                iterations: get(matches, "iterations"),
                imbalance: real("imbalance"),
            },
            mode: named(&Mode::ALL, &text("mode")),
            workers: matches.get_one("workers").copied(),
            rounds: count("rounds"),
            validate: !matches.get_flag("no-validate"),
            metg: matches.get_flag("metg"),
        }
    }
}

fn named<T: Copy>(all: &[(&str, T)], wanted: &str) -> T {
    let mut values = all.iter().filter(|(name, _)| *name == wanted);
    values.next().expect("the parser knows the names").1
}

fn command() -> Command {
    let option = |name: &'static str, value, default, help| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .default_value(default)
            .help(help)
    };
    let at_least_one = RangedU64ValueParser::<usize>::new().range(1..);
    let count = |name, default, help| option(name, "N", default, help).value_parser(at_least_one);
    let flag = |name: &'static str, help| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    let names = Pattern::ALL.map(|(name, _)| name);
    Command::new("task_bench")
        .about("Task Bench: what tasks cost, for many patterns of dependencies")
        .args([
            option("pattern", "NAME", "stencil_1d", "Dependencies of the tasks")
                .value_parser(PossibleValuesParser::new(names.into_iter().chain(["all"]))),
            count("steps", "1000", "Steps of the graph"),
            count("width", "8", "Points of a step"),
            option(
                "radix",
                "N",
                "3",
                "Dependencies of a task, for nearest, spread and random_nearest",
            )
            .value_parser(value_parser!(usize)),
            count(
                "period",
                "3",
                "Steps until dependencies repeat, for spread and random_nearest",
            ),
            option(
                "fraction",
                "X",
                "0.25",
                "Part of the dependencies that are there, for random_nearest",
            )
            .value_parser(|text: &str| real_up_to(text, 1.0)),
            option("kernel", "NAME", "compute_bound", "What a task does")
                .value_parser(PossibleValuesParser::new(Kind::ALL.map(|(name, _)| name))),
            option(
                "iterations",
                "N",
                "4096",
                "How often it does it; the most to try, for the METG",
            )
            .value_parser(value_parser!(u64)),
            option(
                "imbalance",
                "X",
                "0",
                "Length of the range around 1 by which the iterations of each task vary",
            )
            .value_parser(|text: &str| real_up_to(text, 2.0)),
            Arg::new("workers")
                .long("workers")
                .value_name("N")
                .value_parser(at_least_one)
                .help("Worker threads; one per core if left out"),
            option(
                "mode",
                "NAME",
                "dynamic",
                "How the graph comes to the runtime",
            )
            .value_parser(PossibleValuesParser::new(Mode::ALL.map(|(name, _)| name))),
            count(
                "rounds",
                "5",
                "How often to run each graph; the median counts",
            ),
            flag("no-validate", "Don't check the inputs of tasks"),
            flag("metg", "Find the smallest tasks with half of the best rate"),
        ])
}

fn real_up_to(text: &str, limit: f64) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=limit).contains(&number) => Ok(number),
        Ok(_) => Err(format!("must be from 0 to {limit}")),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, String> {
        let args = ["task_bench"].iter().chain(args);
        let matches = command()
            .try_get_matches_from(args)
            .map_err(|error| error.to_string())?;
        Ok(Options::from_matches(&matches))
    }

    #[test]
    fn defaults_make_sense_for_every_pattern() {
        command().debug_assert();
        let options = parse(&["--pattern", "all"]).unwrap();
        assert_eq!(options.shapes.len(), Pattern::ALL.len());
        for (name, shape) in options.shapes {
            assert_eq!(shape.check(), Ok(()), "{name}");
        }
        assert!(options.validate && !options.metg);
    }

    #[test]
    fn names_are_those_of_the_values() {
        let options = parse(&["--pattern", "fft", "--kernel", "memory_bound"]).unwrap();
        let patterns: Vec<_> = options.shapes.iter().map(|(_, it)| it.pattern).collect();
        assert_eq!(patterns, [Pattern::Fft]);
        assert_eq!(options.kernel.kind, Kind::MemoryBound);
        let options = parse(&["--metg", "--mode", "prebuilt"]).unwrap();
        assert!(options.metg && options.mode == Mode::Prebuilt);
        assert!(
            parse(&["--pattern", "star"])
                .unwrap_err()
                .contains("no_comm")
        );
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for args in [
            ["--imbalance", "3"],
            ["--fraction", "NaN"],
            ["--width", "0"],
            ["--iterations", "-1"],
            ["--mode", "static"],
        ] {
            assert!(parse(&args).is_err(), "{args:?}");
        }
    }
}
