//! What is read from valid files, and what is said about invalid ones.

use std::path::PathBuf;

use super::*;

const REAL_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/bcsstk13.mtx");

const HEADER: &str = "%%MatrixMarket matrix coordinate real symmetric";

#[test]
fn both_halves_of_a_symmetric_file_are_there() {
    let file = "S\n% note\n2 2 3\n1 1 4.\n2 1 -1e-1\n2 2 .5\n".replace('S', HEADER);
    let expected = DMatrix::from_row_slice(2, 2, &[4.0, -0.1, -0.1, 0.5]);
    assert_eq!(parse(&file).unwrap(), expected);
}

#[test]
fn a_general_file_is_read_as_it_is() {
    let file = "%%matrixmarket MATRIX Coordinate Real General\n2 2 2\n1 1 +4\n1 2 1E+2\n";
    let expected = DMatrix::from_row_slice(2, 2, &[4.0, 100.0, 0.0, 0.0]);
    assert_eq!(parse(file).unwrap(), expected);
}

#[test]
fn errors_name_the_line() {
    let cases = [
        ("", "line 1: a Matrix Market file starts with"),
        (
            "S\n% only a comment\n",
            "line 1: a Matrix Market file starts with",
        ),
        (
            "1 1 1\n1 1 1\n",
            "line 1: can't be read as a Matrix Market file: expected Header",
        ),
        (
            "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 1\n",
            "line 1: ",
        ),
        (
            "S\n%\n2 2\n",
            "line 3: expected the numbers of rows, columns and entries, found `2 2`",
        ),
        ("S\n2 2 -1\n", "line 2: expected the numbers"),
        (
            "S\n99999999999999999999999 1 1\n",
            "line 2: expected the numbers",
        ),
        (
            "S\n2 3 0\n",
            "line 2: the matrix is 2 × 3, but must be square",
        ),
        ("S\n0 0 0\n", "line 2: the matrix is empty"),
        (
            "S\n1000000 1000000 1\n",
            "line 2: a matrix of order 1000000 is too large",
        ),
        (
            "S\n2 2 1\n1 x 2\n",
            "line 3: can't be read as a Matrix Market file: expected",
        ),
        ("S\n2 2 2\n1 1 1\n2 1 nan\n", "line 4: can't be read"),
        (
            "S\n2 2 1\n0 1 2\n",
            "line 3: an index lies outside the matrix of order 2",
        ),
        ("S\n2 2 2\n1 1 2\n3 1 2\n", "line 4: an index lies outside"),
        (
            "S\n2 2 1\n1 1 1e999\n",
            "line 3: `inf` is not a finite number",
        ),
        ("S\n2 2 1\n1 2 1\n", "line 3: a symmetric file leaves out"),
        ("S\n2 2 3\n1 1 1\n", "line 2: 3 entries required"),
    ];
    for (file, expected) in cases {
        let message = parse(&file.replace('S', HEADER)).unwrap_err().to_string();
        assert!(message.contains(expected), "{file:?} gave: {message}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let message = matrix_market(Path::new("no/such.mtx"))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("can't read `no/such.mtx`: "),
        "{message}"
    );
}

#[test]
fn asymmetry_is_located() {
    let mut a = random(4, 7).unwrap();
    check_symmetric(&a).unwrap();
    a[(3, 1)] = 9.0;
    let message = check_symmetric(&a).unwrap_err().to_string();
    assert!(
        message.contains("its entry in row 4, column 2 is 9"),
        "{message}"
    );
}

#[test]
fn random_matrices_depend_on_the_seed_alone() {
    assert_eq!(random(5, 1).unwrap(), random(5, 1).unwrap());
    assert_ne!(random(5, 1).unwrap(), random(5, 2).unwrap());
    assert!(random(MAX_ORDER + 1, 1).is_err());
}

#[test]
fn a_real_file_is_read() {
    let path = PathBuf::from(REAL_FILE);
    if !path.exists() {
        println!("skipped: there is no {REAL_FILE}");
        return;
    }
    let a = matrix_market(&path).unwrap();
    check_symmetric(&a).unwrap();
    assert_eq!(a.shape(), (2003, 2003));
}
