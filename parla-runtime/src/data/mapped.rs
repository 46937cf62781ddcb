//! Arrays in files that are mapped into memory, which may be larger than the memory.
#![expect(
    unsafe_code,
    reason = "memory whose bytes are those of a file, which others must leave alone"
)]

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use memmap2::MmapMut;
use ndarray::{Dimension, IntoDimension};

use super::{Element, Home, PArray};

/// Why there is no array in a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum MapError {
    /// The system does not let the file be opened, made as large as the array, or mapped.
    Io {
        /// The file, or the folder of a temporary one.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is mapped already, by this program or another one.
    InUse(PathBuf),
    /// The file is there, and has not the size of such an array.
    WrongSize {
        /// The file.
        path: PathBuf,
        /// The bytes of the array.
        expected: u64,
        /// Those of the file.
        found: u64,
    },
    /// No file can have so many elements; the shape of the array.
    TooLarge(Vec<usize>),
}

/// A file and its bytes in memory.
struct Mapped {
    bytes: MmapMut,
    /// Keeps the lock.
    _file: File,
}

impl<T: Element + Pod, D: Dimension + 'static> PArray<T, D> {
    /// An array whose elements are the bytes of a file, row by row, in the order of this machine's
    /// memory. The file is made, with zeros, if it is not there or empty; else it has the size of the
    /// array. The system brings what tasks write to the disk when it sees fit; who opens the file
    /// after the array is gone finds it.
    ///
    /// The file is locked (`flock`) as long as the array is there.
    ///
    /// # Errors
    ///
    /// See [`MapError`].
    ///
    /// # Safety
    ///
    /// As long as the array is there, nobody writes to the file or cuts it off. Other arrays that
    /// are mapped so see to that by the lock.
    pub unsafe fn mapped(
        path: impl AsRef<Path>,
        shape: impl IntoDimension<Dim = D>,
    ) -> Result<Self, MapError> {
        let path = path.as_ref();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(|error| failed(path, error))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => MapError::InUse(path.to_owned()),
            TryLockError::Error(error) => failed(path, error),
        })?;
        // SAFETY: the caller's promise.
        unsafe { map(file, path, &shape.into_dimension()) }
    }

    /// An array of zeros in a file without a name, in a folder, which should be on a large disk. The
    /// file is gone with the array.
    ///
    /// ```
    /// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
    /// # let _ambient = runtime.enter();
    /// use parla_runtime::PArray;
    /// let x = PArray::<f64, _>::mapped_temporary(std::env::temp_dir(), (1000, 1000))?;
    /// let (task, mut row) = runtime.task().inout(&x.slice(7));
    /// task.spawn(move || row.with(|mut row| row += 1.0));
    /// assert_eq!(x.read().wait()?.view().sum(), 1000.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`MapError`].
    pub fn mapped_temporary(
        folder: impl AsRef<Path>,
        shape: impl IntoDimension<Dim = D>,
    ) -> Result<Self, MapError> {
        let folder = folder.as_ref();
        let file = tempfile::tempfile_in(folder).map_err(|error| failed(folder, error))?;
        // SAFETY: nobody else has the file, nor can find it.
        unsafe { map(file, folder, &shape.into_dimension()) }
    }
}

/// # Safety
///
/// Nobody else writes to the file, or cuts it off, as long as the array is there.
unsafe fn map<T: Element + Pod, D: Dimension + 'static>(
    file: File,
    path: &Path,
    shape: &D,
) -> Result<PArray<T, D>, MapError> {
    let lens = shape.slice();
    let count = lens.iter().copied().try_fold(1, usize::checked_mul);
    let bytes = count.and_then(|count| count.checked_mul(size_of::<T>()));
    let bytes = bytes.filter(|bytes| isize::try_from(*bytes).is_ok());
    let bytes = bytes.ok_or_else(|| MapError::TooLarge(lens.to_vec()))? as u64;
    let found = file.metadata().map_err(|error| failed(path, error))?.len();
    if found == 0 {
        file.set_len(bytes).map_err(|error| failed(path, error))?;
    } else if found != bytes {
        return Err(MapError::WrongSize {
            path: path.to_owned(),
            expected: bytes,
            found,
        });
    }
    // SAFETY: the caller's promise.
    let mapped = unsafe { MmapMut::map_mut(&file) };
    let mapped = Mapped {
        bytes: mapped.map_err(|error| failed(path, error))?,
        _file: file,
    };
    // A page is aligned for any number, and any bytes are a `T`.
    let first = |mapped: &mut Mapped| mapped.bytes.as_mut_ptr().cast::<T>();
    Ok(PArray::of_home(Home::of_rows(mapped, first, lens), lens))
}

fn failed(path: &Path, error: io::Error) -> MapError {
    MapError::Io {
        path: path.to_owned(),
        error,
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => {
                let path = path.display();
                write!(f, "`{path}` can't be mapped into memory: {error}")
            }
            Self::InUse(path) => {
                let path = path.display();
                write!(f, "`{path}` is mapped already: drop the other array first")
            }
            Self::WrongSize {
                path,
                expected,
                found,
            } => {
                let path = path.display();
                write!(
                    f,
                    "`{path}` has {found} bytes, and an array of that shape {expected}"
                )
            }
            Self::TooLarge(shape) => write!(f, "no file has the elements of shape {shape:?}"),
        }
    }
}

impl std::error::Error for MapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::InUse(_) | Self::WrongSize { .. } | Self::TooLarge(_) => None,
        }
    }
}
