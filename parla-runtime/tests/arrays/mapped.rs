//! Arrays in files.
#![expect(unsafe_code, reason = "nobody else changes the files of these tests")]

use ndarray::{Array2, Ix2};
use parla_runtime::{MapError, PArray, Placement, Runtime};

use crate::memories::{self, Memories};

/// A file that is gone with the folder.
fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("elements");
    (folder, path)
}

fn map(path: &std::path::Path, shape: (usize, usize)) -> Result<PArray<u32, Ix2>, MapError> {
    // SAFETY: only these tests know the files.
    unsafe { PArray::mapped(path, shape) }
}

#[test]
fn files_have_the_elements_from_run_to_run() {
    let (_folder, path) = file();
    for round in 0..3 {
        let memories = Memories::new(1, 1000);
        let runtime = Runtime::builder()
            .workers(2)
            .devices(memories)
            .build()
            .unwrap();
        let _ambient = runtime.enter();
        let x = map(&path, (3, 4)).unwrap();
        let (task, mut row) = runtime.task().inout(&x.slice(1));
        task.spawn(move || row.with(|mut row| row += 1));
        let (task, mut column) = runtime.task().output(&x.slice((.., 3)));
        task.placement(Placement::gpu()).spawn(move || {
            let bytes = [7_u32 + round; 3].map(u32::to_ne_bytes);
            memories::write(column.on_device().unwrap(), bytes.as_flattened());
        });
        let mut expected = Array2::zeros((3, 4));
        expected.row_mut(1).fill(round + 1);
        expected.column_mut(3).fill(7 + round);
        assert_eq!(x.into_array().wait().unwrap(), expected);
        let bytes = std::fs::read(&path).unwrap();
        let elements = bytes
            .chunks(4)
            .map(|it| u32::from_ne_bytes(it.try_into().unwrap()));
        assert!(elements.eq(expected.iter().copied()));
    }
}

#[test]
fn temporary_arrays_are_zeros() {
    let runtime = Runtime::builder().workers(1).build().unwrap();
    let _ambient = runtime.enter();
    let folder = tempfile::tempdir().unwrap();
    let x = PArray::<f64, _>::mapped_temporary(folder.path(), (5, 6, 7)).unwrap();
    let (task, mut part) = runtime.task().inout(&x.slice((2, 3..)));
    task.spawn(move || part.with(|mut part| part += 1.0));
    assert_eq!(x.read().wait().unwrap().view().sum(), 21.0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let empty = PArray::<u8, _>::mapped_temporary(folder.path(), (5, 0)).unwrap();
    assert!(empty.into_array().wait().unwrap().is_empty());
}

#[test]
fn mistakes_have_types_and_say_what_is_wrong() {
    let (folder, path) = file();
    let x = map(&path, (3, 4)).unwrap();
    let error = map(&path, (3, 4)).unwrap_err();
    assert!(
        matches!(&error, MapError::InUse(of) if *of == path),
        "{error}"
    );
    drop(x);
    let error = map(&path, (4, 4)).unwrap_err();
    let sizes = MapError::WrongSize {
        path: path.clone(),
        expected: 64,
        found: 48,
    };
    assert_eq!(format!("{error:?}"), format!("{sizes:?}"));
    assert!(
        error
            .to_string()
            .ends_with("has 48 bytes, and an array of that shape 64")
    );
    assert!(matches!(
        map(&path, (usize::MAX, 2)),
        Err(MapError::TooLarge(_))
    ));
    let missing = folder.path().join("no folder").join("elements");
    let error = map(&missing, (3, 4)).unwrap_err();
    assert!(
        matches!(&error, MapError::Io { path, .. } if *path == missing),
        "{error}"
    );
    assert!(PArray::<u8, _>::mapped_temporary(missing, 3).is_err());
    // It is there as it was.
    assert_eq!(map(&path, (4, 3)).unwrap().len(), 12);
}
