//! The fence on Windows: a job that this process enters by itself before it reads anything, and a low integrity, neither
//! of which it can leave.
//!
//! The job has no limits of the desktop, because a process in such a one may not be in another, and what is started from
//! a terminal often is.

#![expect(unsafe_code, reason = "jobs and tokens are reached by functions of the system alone")]

use std::{io, ptr, time::Duration};

use windows_sys::Win32::{
    Foundation::CloseHandle,
    Security::{
        CreateWellKnownSid, SECURITY_MAX_SID_SIZE, SID_AND_ATTRIBUTES, SetTokenInformation, TOKEN_ADJUST_DEFAULT,
        TOKEN_MANDATORY_LABEL, TokenIntegrityLevel, WinLowLabelSid,
    },
    System::{
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
            JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
            JOB_OBJECT_LIMIT_PROCESS_TIME, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
            SetInformationJobObject,
        },
        SystemServices::SE_GROUP_INTEGRITY,
        Threading::{GetCurrentProcess, OpenProcessToken},
    },
};

/// From here on it gets no more memory, in bytes, and processor time than this, starts no other process, and dies without
/// asking anybody. What it was given before holds as well.
pub fn enter_job(memory: u64, processor: Duration) -> io::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.ProcessMemoryLimit = usize::try_from(memory).unwrap_or(usize::MAX);
    limits.BasicLimitInformation.ActiveProcessLimit = 1;
    // In steps of 100 ns.
    limits.BasicLimitInformation.PerProcessUserTimeLimit =
        i64::try_from(processor.as_nanos() / 100).unwrap_or(i64::MAX);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS
        | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
        | JOB_OBJECT_LIMIT_PROCESS_MEMORY
        | JOB_OBJECT_LIMIT_PROCESS_TIME;
    // SAFETY: it is a job without a name, for nobody to inherit.
    let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
    if job.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the job is open, and the limits are those of this class, with their size.
    let limited = done(unsafe {
        SetInformationJobObject(
            job,
            JobObjectExtendedLimitInformation,
            ptr::from_ref(&limits).cast(),
            size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
        )
    });
    // SAFETY: both are open; the second is no handle that must be closed.
    let entered = limited.and_then(|()| done(unsafe { AssignProcessToJobObject(job, GetCurrentProcess()) }));
    // SAFETY: it is not used after this; the job lasts as long as the process that is in it.
    unsafe { CloseHandle(job) };
    entered
}

/// From here on it writes no file that is its owner's.
pub fn lower_integrity() -> io::Result<()> {
    let (mut low, mut size) = ([0_u32; SECURITY_MAX_SID_SIZE as usize / 4], SECURITY_MAX_SID_SIZE);
    let low = low.as_mut_ptr().cast();
    // SAFETY: there is room for the longest of its kind.
    done(unsafe { CreateWellKnownSid(WinLowLabelSid, ptr::null_mut(), low, &mut size) })?;
    let label = SID_AND_ATTRIBUTES { Sid: low, Attributes: SE_GROUP_INTEGRITY as u32 };
    let label = TOKEN_MANDATORY_LABEL { Label: label };
    let mut token = ptr::null_mut();
    // SAFETY: the first is no handle that must be closed; the token is closed below.
    done(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_DEFAULT, &mut token) })?;
    // SAFETY: the token is open, and what the label points to lives until the end of this function.
    let lowered = done(unsafe {
        SetTokenInformation(
            token,
            TokenIntegrityLevel,
            ptr::from_ref(&label).cast(),
            size_of::<TOKEN_MANDATORY_LABEL>() as u32 + size,
        )
    });
    // SAFETY: it is not used after this.
    unsafe { CloseHandle(token) };
    lowered
}

/// What the system says of a call.
fn done(success: i32) -> io::Result<()> {
    if success == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
