//! Where matrices come from: random numbers or a Matrix Market file.
//!
//! The crate `nalgebra-sparse` reads Matrix Market files, too, but it takes `1 15.5` for the entry
//! `1 15 .5`, panics at a size that does not fit into 64 bits, refuses blank lines before the
//! entries, and names no line where an index is out of range or entries are missing. So files are
//! read here; the tests compare the two where both read a file.

use std::fmt;
use std::fs;
use std::num::ParseIntError;
use std::path::Path;

use nalgebra::{DMatrix, DVector};

/// A dense matrix of this order fills 3 GiB; beyond that a sparse factorisation is what one wants.
const MAX_ORDER: usize = 20_000;

const HEADER: &str = "%%MatrixMarket matrix coordinate real symmetric";

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
    let mut lines = (1..).zip(text.lines());
    let at = |line| move |message| LineError { line, message };

    let (line, header) = lines.next().unwrap_or((1, ""));
    let symmetric = parse_header(header).map_err(at(line))?;

    let mut lines = lines.filter(|(_, text)| !text.starts_with('%') && !text.trim().is_empty());
    let Some((size_line, size)) = lines.next() else {
        return Err(at(line)(
            "no line with the size of the matrix follows".to_owned(),
        ));
    };
    let (order, entries) = parse_size(size).map_err(at(size_line))?;

    let mut a = DMatrix::zeros(order, order);
    let mut found = 0;
    for (line, text) in lines {
        found += 1;
        if found > entries {
            let message = format!("line {size_line} announced {entries} entries, this is one more");
            return Err(at(line)(message));
        }
        let (i, j, value) = parse_entry(text, order, symmetric).map_err(at(line))?;
        // Entries may come in parts; the format's own tools add these up, too.
        a[(i, j)] += value;
        if symmetric && i != j {
            a[(j, i)] += value;
        }
    }
    if found < entries {
        let message = format!("announces {entries} entries, but the file has {found}");
        return Err(at(size_line)(message));
    }
    Ok(a)
}

/// Whether the file leaves out the upper half.
fn parse_header(line: &str) -> Result<bool, String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [
            "%%matrixmarket",
            "matrix",
            "coordinate",
            "real" | "integer",
            symmetry,
        ] => match symmetry {
            "symmetric" => Ok(true),
            "general" => Ok(false),
            other => Err(format!(
                "the matrix must be `symmetric` or `general`, not `{other}`"
            )),
        },
        ["%%matrixmarket", "matrix", format, field, _] => Err(format!(
            "the matrix must be `coordinate real`, not `{format} {field}`"
        )),
        _ => Err(format!(
            "a Matrix Market file starts with a line such as `{HEADER}`"
        )),
    }
}

/// The order of the matrix and the number of entries.
fn parse_size(line: &str) -> Result<(usize, usize), String> {
    let wrong = || format!("expected the numbers of rows, columns and entries, found `{line}`");
    let numbers: Result<Vec<usize>, ParseIntError> =
        line.split_whitespace().map(str::parse).collect();
    let [rows, columns, entries] = numbers.map_err(|_| wrong())?[..] else {
        return Err(wrong());
    };
    if rows != columns {
        return Err(format!(
            "the matrix is {rows} × {columns}, but must be square"
        ));
    }
    check_order(rows).map(|()| (rows, entries))
}

/// Row and column, counted from zero, and the value.
fn parse_entry(line: &str, order: usize, symmetric: bool) -> Result<(usize, usize, f64), String> {
    let wrong = || format!("expected a row, a column and a value, found `{line}`");
    let mut words = line.split_whitespace();
    let (Some(row), Some(column), Some(value), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(wrong());
    };
    let index = |word: &str| {
        let number: usize = word.parse().map_err(|_| wrong())?;
        match number {
            number if (1..=order).contains(&number) => Ok(number - 1),
            _ => Err(format!(
                "`{word}` is no row or column of a matrix of order {order}"
            )),
        }
    };
    let (i, j) = (index(row)?, index(column)?);
    let number: f64 = value.parse().map_err(|_| wrong())?;
    if !number.is_finite() {
        return Err(format!("`{value}` is not a finite number"));
    }
    if symmetric && j > i {
        return Err(format!(
            "row {row}, column {column} is above the diagonal, which a symmetric file leaves out"
        ));
    }
    Ok((i, j, number))
}

#[cfg(test)]
mod tests;
