//! What the kernel says of the app's processes.

use crate::Outcome;
use crate::measure::wall_clock;

/// As Linux counts a process's start, on every common architecture.
const TICKS_A_SECOND: f64 = 100.0;

/// In seconds since 1970, to a hundredth.
pub fn started(process: u32) -> Outcome<f64> {
    let ticks: f64 = stat(process)?.get(19).ok_or("no start in stat")?.parse()?;
    let uptime = std::fs::read_to_string("/proc/uptime")?;
    let uptime: f64 = uptime.split(' ').next().ok_or("no uptime")?.parse()?;
    Ok(wall_clock().as_secs_f64() - uptime + ticks / TICKS_A_SECOND)
}

/// The words of a process's line behind its name, which may have blanks; the first one is its state.
fn stat(process: u32) -> Outcome<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, behind) = stat.rsplit_once(')').ok_or("no name in stat")?;
    Ok(behind.split_whitespace().map(str::to_owned).collect())
}

/// Parents before their children.
pub fn descendants(of: u32) -> Outcome<Vec<u32>> {
    let entries = std::fs::read_dir("/proc")?;
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, stat(id).ok()?.get(1)?.parse().ok()?))).collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    Ok(found.split_off(1))
}

/// In megabytes.
pub struct Memory {
    pub processes: usize,
    pub shared: f64,
    pub added: f64,
    pub own: f64,
}

pub fn memory(app: u32) -> Outcome<Memory> {
    let mut tree = vec![app];
    tree.extend(descendants(app)?);
    let mut sum = Memory { processes: tree.len(), shared: 0.0, added: 0.0, own: kept(app, "Rss:")? };
    for process in tree {
        sum.shared += kept(process, "Pss:")?;
        sum.added += kept(process, "Rss:")?;
    }
    Ok(sum)
}

fn kept(process: u32, what: &str) -> Outcome<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix(what)?.trim().strip_suffix(" kB"));
    Ok(line.ok_or("no such line in smaps_rollup")?.parse::<f64>()? / 1024.0)
}
