//! A driver with two functions. `FAKE_DEVICES` says how many devices it has; if that is no number,
//! it doesn't start.

fn devices() -> Option<i32> {
    std::env::var("FAKE_DEVICES").ok()?.parse().ok()
}

#[unsafe(no_mangle)]
extern "C" fn cuInit(_flags: u32) -> u32 {
    devices().map_or(100, |_| 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetCount(count: *mut i32) -> u32 {
    let Some(devices) = devices() else { return 3 };
    // SAFETY: of the driver's interface.
    unsafe { count.write(devices) };
    0
}
