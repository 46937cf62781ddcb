//! The library as a program meets it: opened by name, its symbols looked up.
#![expect(
    unsafe_code,
    reason = "opens a library, and calls functions by their address"
)]

use libloading::{Library, Symbol};
use std::path::PathBuf;

/// Where the library was built: beside this test.
fn path() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.with_file_name(libloading::library_filename("parla_cuda_stand_in"))
}

#[test]
fn all_entry_points_are_exported_and_work() {
    // SAFETY: nothing of it runs when it is loaded.
    let library = unsafe { Library::new(path()) }.unwrap();
    // Its threads run in it, so it stays.
    let library: &'static Library = Box::leak(Box::new(library));
    for name in parla_cuda_sim::entry_points() {
        // SAFETY: only looked up.
        let symbol: Result<Symbol<'_, *const ()>, _> = unsafe { library.get(name.as_bytes()) };
        assert!(symbol.is_ok(), "{name}");
    }
    type Init = extern "C" fn(u32) -> u32;
    type Count = extern "C" fn(&mut i32) -> u32;
    // SAFETY: the function of that name has that signature.
    let init: Symbol<'_, Init> = unsafe { library.get(b"cuInit") }.unwrap();
    // SAFETY: as above.
    let count: Symbol<'_, Count> = unsafe { library.get(b"cuDeviceGetCount") }.unwrap();
    let mut devices = 0;
    assert_eq!(count(&mut devices), 3, "not initialised");
    assert_eq!(init(0), 0);
    assert_eq!(count(&mut devices), 0);
    assert!(devices >= 1);
}
