//! Means, deviations; files: round trip, and whatever may be wrong with one.

use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!(
            "parla-history-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("run-times.ron")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(function: &str, bytes: u64) -> Key {
    Key::new(function.into(), bytes, "gpu of the test".into())
}

/// The times of some runs, after one that is not counted.
fn after(milliseconds: &[u64]) -> History {
    let mut history = History::default();
    history.add(key("f", 0), Duration::from_secs(1000));
    for &time in milliseconds {
        history.add(key("f", 0), Duration::from_millis(time));
    }
    history
}

fn close(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) < Duration::from_micros(1)
}

#[test]
fn the_mean_and_the_deviation_are_those_of_all_runs_but_the_first() {
    let known = after(&[2, 4, 4, 4, 5, 5, 7, 9])
        .run_time(&key("f", 0))
        .unwrap();
    assert_eq!(known.samples, 8);
    assert!(close(known.mean, Duration::from_millis(5)), "{known}");
    // The sum of squares is 32, of seven degrees of freedom.
    let deviation = Duration::from_secs_f64((32.0f64 / 7.0).sqrt() / 1000.0);
    assert!(close(known.deviation, deviation), "{known}");
}

#[test]
fn the_first_run_alone_says_nothing() {
    let history = after(&[]);
    assert_eq!(history.run_time(&key("f", 0)), None);
    assert!(!history.is_new());
    assert!(after(&[1]).is_new());
}

#[test]
fn sizes_are_taken_together_by_powers_of_two() {
    let digits = |bytes| key("f", bytes).digits;
    assert_eq!([0, 1, 2, 3, 4].map(digits), [0, 1, 2, 2, 3]);
    assert_eq!([digits(1023), digits(1024), digits(2047)], [10, 11, 11]);
    assert_eq!(digits(u64::MAX), 64);
}

#[test]
fn a_file_brings_back_what_was_saved() {
    let folder = Folder::new();
    let path = folder.file();
    assert_eq!(
        load(&path).unwrap().run_time(&key("f", 0)),
        None,
        "there is none"
    );
    let mut history = after(&[2, 4, 9]);
    for name in ["\"quoted\"\n", "mul(a, b)"] {
        history.add(key(name, 77), Duration::ZERO);
        history.add(key(name, 77), Duration::from_nanos(3));
    }
    save(&history, &path).unwrap();
    let mut again = load(&path).unwrap();
    for key in [key("f", 0), key("\"quoted\"\n", 77), key("mul(a, b)", 77)] {
        let (saved, loaded) = (history.run_time(&key), again.run_time(&key));
        assert_eq!(saved, loaded);
        assert!(saved.is_some());
    }
    assert!(!again.is_new());
    // In a new process something is paid for anew.
    again.add(key("f", 0), Duration::from_secs(1000));
    assert_eq!(again.run_time(&key("f", 0)), history.run_time(&key("f", 0)));
    again.add(key("f", 0), Duration::from_millis(5));
    assert_eq!(again.run_time(&key("f", 0)).unwrap().samples, 4);
    save(&again, &path).unwrap();
    assert_eq!(
        load(&path).unwrap().run_time(&key("f", 0)).unwrap().samples,
        4
    );
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing else is left: {left:?}");
}

#[test]
fn the_folder_is_made() {
    let folder = Folder::new();
    let path = folder.0.join("a").join("b").join("run-times.ron");
    save(&after(&[1]), &path).unwrap();
    assert!(load(&path).unwrap().run_time(&key("f", 0)).is_some());
}

#[test]
fn what_is_no_history_is_refused_with_the_reason() {
    let folder = Folder::new();
    let path = folder.file();
    save(&after(&[1, 2]), &path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    load(&path).unwrap();
    // Where nothing is said of the reason, it is the parser's.
    let wrong = [
        (String::new(), ""),
        (good[..good.len() / 2].to_owned(), ""),
        (good.replace("version: 1", "version: 2"), "version 2"),
        (
            good.replace("samples: 2", "samples: 0"),
            "time that can't be",
        ),
        (good.replace("samples: 2", "samples: -2"), ""),
        (good.replace("0.0015", "-0.0015"), "time that can't be"),
        (good.replace("0.0015", "1e10"), "time that can't be"),
        (good.replace("0.0015", "1e999"), "time that can't be"),
        (good.replace("digits", "digit"), "digit"),
        ("[]".to_owned(), ""),
    ];
    for (text, reason) in wrong {
        assert_ne!(text, good);
        fs::write(&path, &text).unwrap();
        let refused = load(&path).unwrap_err();
        assert!(refused.contains(reason), "{text}: {refused}");
    }
    fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    assert!(load(&path).is_err());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(load(&path).is_err(), "a folder");
    assert!(save(&after(&[1]), &path).is_err());
    let left = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(left, 1, "nothing is left of the attempt");
}
