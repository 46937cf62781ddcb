//! A package outside the workspace builds and runs, as a user's does: `examples/first_kernel`.

use std::path::Path;
use std::process::Command;

#[test]
fn the_first_kernel_runs_in_a_package_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .arg("--manifest-path")
        .arg(root.join("examples/first_kernel/Cargo.toml"))
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside"))
        // Those of the build of this test.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        said,
        "of the numbers up to 20000, 17647 is the first to take 278 steps\n"
    );
}
