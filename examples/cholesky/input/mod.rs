//! Where matrices come from: random numbers, or a Matrix Market file through `nalgebra-sparse`.
//!
//! That crate names no line for some mistakes, so the line is looked for here; and the size of the
//! matrix is looked at first, before anybody allocates it.

use std::fmt;
use std::fs;
use std::path::Path;

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::io::{
    MatrixMarketError, MatrixMarketErrorKind, load_coo_from_matrix_market_str,
};

/// A dense matrix of this order fills 3 GiB; beyond that a sparse factorisation is what one wants.
const MAX_ORDER: usize = 20_000;

/// A random symmetric matrix. Its diagonal outweighs the rest of each row, so that it is positive
/// definite.
pub(crate) fn random(order: usize, seed: u64) -> parla::Result<DMatrix<f64>> {
    check_order(order).map_err(parla::Error::other)?;
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut a = DMatrix::from_fn(order, order, |_, _| 2.0 * rng.f64() - 1.0);
    a.fill_upper_triangle_with_lower_triangle();
    a.set_diagonal(&DVector::repeat(order, order as f64));
    Ok(a)
}

/// The matrix in a Matrix Market file, with both halves of a symmetric one.
pub(crate) fn matrix_market(path: &Path) -> parla::Result<DMatrix<f64>> {
    let file = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| parla::Error::other(format!("can't read `{file}`: {error}")))?;
    parse(&text).map_err(|error| parla::Error::other(format!("`{file}`, {error}")))
}

/// Only the lower half is factorised, so the other one must be its mirror image.
pub(crate) fn check_symmetric(a: &DMatrix<f64>) -> parla::Result<()> {
    for (i, j) in (0..a.nrows()).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let (below, above) = (a[(i, j)], a[(j, i)]);
        if below != above {
            let (row, column) = (i + 1, j + 1);
            return Err(parla::Error::other(format!(
                "the matrix is not symmetric: its entry in row {row}, column {column} is {below}, \
                 but the one in row {column}, column {row} is {above}"
            )));
        }
    }
    Ok(())
}

fn check_order(order: usize) -> Result<(), String> {
    match order {
        0 => Err("the matrix is empty".to_owned()),
        1..=MAX_ORDER => Ok(()),
        _ => Err(format!(
            "a matrix of order {order} is too large, the limit is {MAX_ORDER}"
        )),
    }
}

/// What is wrong with a file, and in which line.
#[derive(Debug, PartialEq, Eq)]
struct LineError {
    line: usize,
    message: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

fn parse(text: &str) -> Result<DMatrix<f64>, LineError> {
    let size = Size::find(text)?;
    let sparse = load_coo_from_matrix_market_str::<f64>(text)
        .map_err(|error| explain(&error, text, &size))?;
    let a = DMatrix::from(&sparse);
    if let Some(value) = a.iter().find(|value| !value.is_finite()) {
        let line = size.first_entry(text, |_, _, entry| !entry.is_finite());
        let message = format!("`{value}` is not a finite number");
        return Err(LineError { line, message });
    }
    Ok(a)
}

/// The line that tells how large the matrix is.
struct Size {
    line: usize,
    order: usize,
}

impl Size {
    fn find(text: &str) -> Result<Self, LineError> {
        let mut lines = (1..).zip(text.lines()).skip(1);
        let Some((line, size)) = lines.find(|(_, text)| !text.starts_with('%')) else {
            let message = "a Matrix Market file starts with a header and the size of the matrix";
            return Err(LineError {
                line: 1,
                message: message.to_owned(),
            });
        };
        let fail = |message| Err(LineError { line, message });
        let numbers: Vec<Option<usize>> = size
            .split_whitespace()
            .map(|word| word.parse().ok())
            .collect();
        match numbers[..] {
            [Some(rows), Some(columns), Some(_)] if rows != columns => fail(format!(
                "the matrix is {rows} × {columns}, but must be square"
            )),
            [Some(order), Some(_), Some(_)] => match check_order(order) {
                Ok(()) => Ok(Self { line, order }),
                Err(message) => fail(message),
            },
            _ => fail(format!(
                "expected the numbers of rows, columns and entries, found `{size}`"
            )),
        }
    }

    /// The line of the first entry for which `is_it` holds; the size's own line if there is none.
    fn first_entry(&self, text: &str, is_it: impl Fn(usize, usize, f64) -> bool) -> usize {
        let matches = |line: &str| {
            let mut words = line.split_whitespace();
            let mut index = || words.next()?.parse::<usize>().ok();
            let (row, column) = (index()?, index()?);
            Some(is_it(row, column, words.next()?.parse().ok()?))
        };
        let mut entries = (1..).zip(text.lines()).skip(self.line);
        let found = entries.find(|(_, line)| matches(line) == Some(true));
        found.map_or(self.line, |(line, _)| line)
    }
}

/// What the reader found, and the line.
fn explain(error: &MatrixMarketError, text: &str, size: &Size) -> LineError {
    let order = size.order;
    let outside = |index: usize| !(1..=order).contains(&index);
    let (line, message) = match error.kind() {
        MatrixMarketErrorKind::ParsingError => return explain_syntax(error.message(), size),
        MatrixMarketErrorKind::EntryMismatch => (size.line, error.message().to_owned()),
        MatrixMarketErrorKind::SparseFormatError(_) | MatrixMarketErrorKind::ZeroError => (
            size.first_entry(text, |row, column, _| outside(row) || outside(column)),
            format!("an index lies outside the matrix of order {order}"),
        ),
        MatrixMarketErrorKind::NotLowerTriangle => (
            size.first_entry(text, |row, column, _| column > row),
            "a symmetric file leaves out what is above the diagonal".to_owned(),
        ),
        // All other kinds are about the header: a format or field that is not `coordinate real`.
        _ => (1, error.message().to_owned()),
    };
    LineError { line, message }
}

/// The reader's parser ends its report with the place, ` --> line:column`, and what it expected.
fn explain_syntax(report: &str, size: &Size) -> LineError {
    let place = report
        .split("--> ")
        .nth(1)
        .and_then(|rest| rest.split(':').next());
    let expected = report.rsplit("= ").next().unwrap_or(report).trim();
    LineError {
        line: place
            .and_then(|line| line.parse().ok())
            .unwrap_or(size.line),
        message: format!("can't be read as a Matrix Market file: {expected}"),
    }
}

#[cfg(test)]
mod tests;
