//! What keeps the window small on Linux.
//!
//! The page is painted by the processor. A compositor would keep every layer of the page in memory, and is no faster
//! where nothing blurs and no layers move. What an answer needed goes back to the system: glibc keeps it otherwise.

use std::time::Duration;

use tokio::sync::Notify;

/// So long after a question its memory is given back, and what was asked for in between.
const SOON: Duration = Duration::from_secs(2);

static USED: Notify = Notify::const_new();

/// Called first of all, while there is one thread.
pub fn keep_little() {
    #[cfg(target_os = "linux")]
    for (name, value) in webkit::SETTINGS {
        // What the owner has set stays.
        if let Err(error) = gtk::glib::setenv(name, value, false) {
            tracing::warn!(%error, name, "the window takes more memory than it needs");
        }
    }
    glibc::keep_little();
}

/// Something is asked of the core.
pub fn used() {
    USED.notify_one();
}

/// For as long as the window is open.
pub async fn give_back() {
    loop {
        USED.notified().await;
        tokio::time::sleep(SOON).await;
        glibc::give_back();
    }
}

/// For the processes of the page, by their environment.
#[cfg(target_os = "linux")]
mod webkit {
    pub const SETTINGS: [(&str, &str); 4] = [
        ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
        ("MALLOC_ARENA_MAX", "2"),
        ("MALLOC_MMAP_THRESHOLD_", "131072"),
        ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ];
}

/// For this process, whose allocator has read its environment already.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    #![expect(unsafe_code, reason = "glibc's allocator is told by C functions alone")]

    /// Where glibc begins; left alone, it keeps more and more of what is freed.
    const LARGE: i32 = 131_072;

    pub fn keep_little() {
        for (what, value) in [(libc::M_ARENA_MAX, 2), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, LARGE)]
        {
            // SAFETY: glibc allows it at any time.
            unsafe { libc::mallopt(what, value) };
        }
    }

    pub fn give_back() {
        // SAFETY: glibc allows it at any time and from any thread; only memory that nobody uses is touched.
        unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod glibc {
    pub fn keep_little() {}

    pub fn give_back() {}
}
