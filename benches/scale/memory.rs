//! What the kernel says of a process.

/// Resident memory of a process in KiB; 0 where the kernel doesn't say.
pub fn resident_kib(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or_default()
}

/// In MiB.
pub fn resident_of(process: &str) -> u64 {
    resident_kib(process) / 1024
}

pub fn resident_mib() -> u64 {
    resident_of("self")
}
