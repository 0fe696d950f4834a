//! How much of the processor's time this process has taken: the measure of work, which a busy computer does not
//! lengthen.

use std::time::Duration;

#[cfg(unix)]
pub(crate) fn time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(taken.tv_sec.try_into().unwrap_or_default(), taken.tv_nsec.try_into().unwrap_or_default())
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "the times of a process are told by a function of the system alone")]
pub(crate) fn time() -> Duration {
    use windows_sys::Win32::{
        Foundation::FILETIME,
        System::Threading::{GetCurrentProcess, GetProcessTimes},
    };
    let (mut start, mut end) = (FILETIME::default(), FILETIME::default());
    let (mut kernel, mut user) = (FILETIME::default(), FILETIME::default());
    // SAFETY: the process is this one, and there is room for each of the times, which stay noughts where it fails.
    unsafe { GetProcessTimes(GetCurrentProcess(), &mut start, &mut end, &mut kernel, &mut user) };
    // In steps of 100 ns.
    let steps = |time: FILETIME| (u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime);
    Duration::from_nanos((steps(kernel) + steps(user)).saturating_mul(100))
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn time() -> Duration {
    Duration::ZERO
}
