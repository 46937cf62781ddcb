//! What the host offers to this process: processors and memory, cgroup and affinity respected.

use super::Bytes;
use crate::sync::thread;

/// The number of processors this process may use (affinity mask and cgroup quota respected).
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The memory this process may use: the machine's, or its cgroup's limit where that is lower.
/// Where the platform does not tell, the address space is the only limit.
pub(crate) fn memory() -> Bytes {
    let limits = [machine_memory(), cgroup_limit()];
    limits
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Bytes::new(u64::MAX >> 1))
}

fn machine_memory() -> Option<Bytes> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Bytes::new(kib << 10))
}

/// The lowest `memory.max` from this process's cgroup (version 2) up to the root.
fn cgroup_limit() -> Option<Bytes> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let root = std::path::Path::new("/sys/fs/cgroup");
    root.join(own)
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter_map(|folder| std::fs::read_to_string(folder.join("memory.max")).ok())
        .filter_map(|limit| limit.trim().parse().ok())
        .map(Bytes::new)
        .min()
}
