//! The command line.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// What the user asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) source: Source,
    /// The order of the tiles.
    pub(crate) block: usize,
    /// One worker per core if not given.
    pub(crate) workers: Option<usize>,
    /// Whether to run the kernels one by one as well, for comparison.
    pub(crate) serial: bool,
}

/// Where the matrix comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Random { order: usize, seed: u64 },
    File(PathBuf),
}

impl Options {
    /// Ends the program with a message if the arguments make no sense.
    pub(crate) fn from_command_line() -> Self {
        Self::from_matches(&command().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Self {
        let number = |name| matches.get_one::<usize>(name).copied();
        let source = match matches.get_one::<PathBuf>("matrix") {
            Some(path) => Source::File(path.clone()),
            None => Source::Random {
                order: number("n").expect("it has a default"),
                seed: *matches.get_one("seed").expect("it has a default"),
            },
        };
        Self {
            source,
            block: number("block").expect("it has a default"),
            workers: number("workers"),
            serial: !matches.get_flag("no-serial"),
        }
    }
}

fn command() -> Command {
    let at_least_one = RangedU64ValueParser::<usize>::new().range(1..);
    let count = |name: &'static str| Arg::new(name).long(name).value_parser(at_least_one);
    Command::new("cholesky")
        .about("Factorises a symmetric positive definite matrix, tile by tile, with tasks")
        .args([
            count("n")
                .value_name("N")
                .default_value("2000")
                .help("Order of the random matrix"),
            count("block")
                .value_name("B")
                .default_value("128")
                .help("Order of the tiles"),
            count("workers")
                .value_name("W")
                .help("Worker threads; one per core if left out"),
            Arg::new("seed")
                .long("seed")
                .value_name("S")
                .value_parser(value_parser!(u64))
                .default_value("1")
                .help("Seed of the random matrix"),
            Arg::new("matrix")
                .long("matrix")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with_all(["n", "seed"])
                .help("Matrix Market file to factorise instead of a random matrix"),
            Arg::new("no-serial")
                .long("no-serial")
                .action(ArgAction::SetTrue)
                .help("Don't run the kernels one by one for comparison"),
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, String> {
        let args = ["cholesky"].iter().chain(args);
        let matches = command()
            .try_get_matches_from(args)
            .map_err(|error| error.to_string())?;
        Ok(Options::from_matches(&matches))
    }

    #[test]
    fn defaults_are_complete() {
        command().debug_assert();
        let options = parse(&[]).unwrap();
        assert!(matches!(
            options.source,
            Source::Random {
                order: 2000,
                seed: 1
            }
        ));
        assert_eq!(
            (options.block, options.workers, options.serial),
            (128, None, true)
        );
    }

    #[test]
    fn a_block_of_zero_is_refused() {
        let message = parse(&["--block", "0"]).unwrap_err();
        assert!(
            message.contains("'--block <B>': 0 is not in 1.."),
            "{message}"
        );
    }

    #[test]
    fn a_file_excludes_a_random_matrix() {
        assert!(parse(&["--matrix", "a.mtx", "--n", "10"]).is_err());
        let options = parse(&["--matrix", "a.mtx", "--no-serial"]).unwrap();
        assert!(matches!(options.source, Source::File(_)) && !options.serial);
    }
}
