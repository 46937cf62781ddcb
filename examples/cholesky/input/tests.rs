//! Valid files against the reader of `nalgebra-sparse`, and what is said about invalid ones.

use std::path::PathBuf;

use nalgebra_sparse::io::load_coo_from_matrix_market_str;

use super::*;

const REAL_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/bcsstk13.mtx");

/// The matrix as `nalgebra-sparse` reads it.
fn reference(text: &str) -> DMatrix<f64> {
    DMatrix::from(&load_coo_from_matrix_market_str(text).expect("valid"))
}

#[test]
fn valid_files_give_the_matrix_that_nalgebra_sparse_reads() {
    let files = [
        "%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n1 1 4.\n2 1 -1e-1\n2 2 .5\n",
        "%%matrixmarket MATRIX Coordinate Real General\n% note\n2 2 2\n1 1 +4\n1 2 1E+2\n",
        "%%MatrixMarket matrix coordinate real symmetric\r\n1 1 1\r\n1 1 2.5\r\n",
        "%%MatrixMarket matrix coordinate real general\n2 2 2\n  1\t1  3\n1 1 4",
        "%%MatrixMarket matrix coordinate real general\n3 3 0\n",
    ];
    for file in files {
        assert_eq!(parse(file).unwrap(), reference(file), "{file}");
    }
}

#[test]
fn blank_lines_late_comments_and_integers_are_read() {
    let file = "%%MatrixMarket matrix coordinate integer symmetric\n\n% a\n\n2 2 2\n% b\n\n\
                1 1 3\n\n2 1 -4\n";
    assert_eq!(
        parse(file).unwrap(),
        DMatrix::from_row_slice(2, 2, &[3.0, -4.0, -4.0, 0.0])
    );
}

#[test]
fn errors_name_the_line() {
    let cases = [
        ("", "line 1: a Matrix Market file starts with"),
        ("1 1 1\n1 1 2\n", "line 1: a Matrix Market file starts with"),
        (
            "%%MatrixMarket matrix array real general\n",
            "line 1: the matrix must be `coordinate",
        ),
        (
            "%%MatrixMarket matrix coordinate complex general\n",
            "not `coordinate complex`",
        ),
        (
            "%%MatrixMarket matrix coordinate real hermitian\n",
            "not `hermitian`",
        ),
        ("S\n% only a comment\n", "line 1: no line with the size"),
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
            "S\n2 2 1\n\n1 1.5\n",
            "line 4: expected a row, a column and a value, found `1 1.5`",
        ),
        ("S\n2 2 1\n1 1 2 3\n", "line 3: expected a row"),
        ("S\n2 2 1\n1 x 2\n", "line 3: expected a row"),
        ("S\n2 2 1\n1 1 1,5\n", "line 3: expected a row"),
        (
            "S\n2 2 1\n0 1 2\n",
            "line 3: `0` is no row or column of a matrix of order 2",
        ),
        ("S\n2 2 1\n3 1 2\n", "line 3: `3` is no row or column"),
        (
            "S\n2 2 1\n1 1 nan\n",
            "line 3: `nan` is not a finite number",
        ),
        (
            "S\n2 2 1\n1 1 1e999\n",
            "line 3: `1e999` is not a finite number",
        ),
        (
            "S\n2 2 1\n1 2 1\n",
            "line 3: row 1, column 2 is above the diagonal",
        ),
        (
            "S\n2 2 1\n1 1 1\n%\n2 2 1\n",
            "line 5: line 2 announced 1 entries, this is one more",
        ),
        (
            "S\n2 2 3\n1 1 1\n",
            "line 2: announces 3 entries, but the file has 1",
        ),
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
fn a_real_file_is_read_as_nalgebra_sparse_does() {
    let path = PathBuf::from(REAL_FILE);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: there is no {REAL_FILE}");
        return;
    };
    let a = matrix_market(&path).unwrap();
    check_symmetric(&a).unwrap();
    assert_eq!(a.shape(), (2003, 2003));
    assert!(a == reference(&text), "the readers differ");
}
