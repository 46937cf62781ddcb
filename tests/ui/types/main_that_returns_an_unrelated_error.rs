use std::num::ParseIntError;

#[parla::main]
fn main() -> Result<(), ParseIntError> {
    Ok(())
}
