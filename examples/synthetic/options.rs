//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser};
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::generate::{Kind, Shape};

/// What the user asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) source: Source,
    /// Where to write the graph instead of running it.
    pub(crate) output: Option<PathBuf>,
    /// One worker per core if not given.
    pub(crate) workers: Option<usize>,
    /// One logical CPU per worker if not given.
    pub(crate) cpus: Option<usize>,
    /// What the times of all tasks are multiplied by.
    pub(crate) scale: f64,
}

/// Where the graph comes from.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Generated(Kind, Shape),
}

impl Options {
    /// Ends the program with a message if the arguments make no sense.
    pub(crate) fn from_command_line() -> Self {
        Self::from_matches(&command().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Self {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let count = |name| matches.get_one::<usize>(name).copied();
        let real = |name| matches.get_one::<f64>(name).copied();
        let shape = Shape::default();
        let shape = Shape {
            width: count("width").unwrap_or(shape.width),
            depth: count("depth").unwrap_or(shape.depth),
            degree: count("degree").unwrap_or(shape.degree),
            micros: real("time").unwrap_or(shape.micros),
            vcus: real("vcus").unwrap_or(shape.vcus),
            seed: matches.get_one("seed").copied().unwrap_or(shape.seed),
        };
        let wanted = matches.get_one::<String>("generate");
        let kind = Kind::ALL
            .iter()
            .find(|(name, _)| wanted.is_some_and(|wanted| wanted == name));
        let source = match (kind, path("file")) {
            (None, Some(file)) => Source::File(file),
            (Some(&(_, kind)), _) => Source::Generated(kind, shape),
            (None, None) => unreachable!("one of the two is required"),
        };
        Self {
            source,
            output: path("output"),
            workers: count("workers"),
            cpus: count("cpus"),
            scale: real("scale").unwrap_or(1.0),
        }
    }
}

fn command() -> Command {
    let option =
        |name: &'static str, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let at_least_one = RangedU64ValueParser::<usize>::new().range(1..);
    let count = |name, value, help| option(name, value, help).value_parser(at_least_one);
    let of_shape = |arg: Arg| arg.conflicts_with("file");
    Command::new("synthetic")
        .about("Runs a synthetic task graph and checks the order in which its tasks ran")
        .args([
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required_unless_present("generate")
                .conflicts_with("generate")
                .help("Graph file in either of Parla's formats"),
            option("generate", "KIND", "Graph to make instead of reading one")
                .value_parser(PossibleValuesParser::new(Kind::ALL.map(|(name, _)| name))),
            of_shape(count(
                "width",
                "N",
                "Tasks of a level, chains or points [default: 16]",
            )),
            of_shape(count("depth", "N", "Levels or steps [default: 8]")),
            of_shape(count("degree", "N", "Dependencies of a task [default: 2]")),
            of_shape(option("time", "MICROS", "Time of a task [default: 1000]"))
                .allow_negative_numbers(true)
                .value_parser(|text: &str| real_up_to(text, 1e13)),
            of_shape(option(
                "vcus",
                "SHARE",
                "Share of a CPU a task needs [default: 1]",
            ))
            .allow_negative_numbers(true)
            .value_parser(|text: &str| real_up_to(text, 1.0)),
            of_shape(option("seed", "S", "Seed of a random graph [default: 1]"))
                .value_parser(value_parser!(u64)),
            option(
                "output",
                "FILE",
                "Write the graph to a file, in the new format; don't run it",
            )
            .value_parser(value_parser!(PathBuf)),
            count("workers", "W", "Worker threads; one per core if left out"),
            count(
                "cpus",
                "N",
                "Logical CPUs that `vcus` are shares of; one per worker if left out",
            ),
            option("scale", "X", "Multiply the times of all tasks [default: 1]")
                .allow_negative_numbers(true)
                .value_parser(|text: &str| real_up_to(text, 1e6)),
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
        let args = ["synthetic"].iter().chain(args);
        let matches = command()
            .try_get_matches_from(args)
            .map_err(|error| error.to_string())?;
        Ok(Options::from_matches(&matches))
    }

    #[test]
    fn a_graph_is_a_file_or_generated() {
        command().debug_assert();
        assert!(matches!(parse(&["a.gph"]).unwrap().source, Source::File(_)));
        let source = parse(&["--generate", "stencil", "--width", "3"])
            .unwrap()
            .source;
        assert!(matches!(
            source,
            Source::Generated(
                Kind::Stencil,
                Shape {
                    width: 3,
                    depth: 8,
                    ..
                }
            )
        ));
        for args in [
            &[][..],
            &["a.gph", "--generate", "serial"],
            &["a.gph", "--width", "3"],
        ] {
            assert!(parse(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for args in [["--scale", "-1"], ["--scale", "NaN"], ["--workers", "0"]] {
            let args = ["a.gph", args[0], args[1]];
            assert!(parse(&args).is_err(), "{args:?}");
        }
        assert!(
            parse(&["--generate", "star"])
                .unwrap_err()
                .contains("independent")
        );
        assert!(parse(&["--generate", "serial", "--vcus", "2"]).is_err());
    }
}
