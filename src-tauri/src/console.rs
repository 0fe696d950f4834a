//! The console that a command was typed into. The program that ships on Windows belongs to none, so that its window comes
//! without one; a command goes to that of whoever started it.

#[cfg(windows)]
mod windows {
    #![expect(unsafe_code, reason = "consoles are reached by functions of the system alone")]

    use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};

    /// Where there is none, or output goes elsewhere, everything stays as it is.
    pub fn join() {
        // SAFETY: it takes no pointer, and nothing has been written yet.
        unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
    }

    /// The window does not end with it.
    #[cfg(feature = "window")]
    pub fn leave() {
        // SAFETY: it takes no pointer, and whatever is written from here on is lost, as without a console.
        unsafe { windows_sys::Win32::System::Console::FreeConsole() };
    }
}

#[cfg(windows)]
pub use windows::join;
#[cfg(all(windows, feature = "window"))]
pub use windows::leave;

#[cfg(not(windows))]
pub fn join() {}

#[cfg(all(not(windows), feature = "window"))]
pub fn leave() {}
