//! Where newer versions come from: facts of the build. Without them this copy is updated the way it was installed.

use tauri::Url;

/// Where the manifest lies, and the key that its packages are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub manifest: Url,
    /// As `tauri signer generate` writes the public half.
    pub key: String,
}

impl Source {
    /// What `ULAK_UPDATE_URL` and `ULAK_UPDATE_KEY` were when this was built; `build.rs` refuses one without the other.
    pub fn of_build() -> Option<Self> {
        of_tests().or_else(|| Self::new(option_env!("ULAK_UPDATE_URL")?, option_env!("ULAK_UPDATE_KEY")?, false))
    }

    fn new(manifest: &str, key: &str, loopback: bool) -> Option<Self> {
        let manifest = Url::parse(manifest).ok()?;
        let is_here = matches!(manifest.host_str(), Some("127.0.0.1" | "[::1]"));
        let is_fine = if loopback { is_here } else { manifest.scheme() == "https" };
        (is_fine && !key.is_empty()).then(|| Self { manifest, key: key.to_owned() })
    }

    /// On this computer, for a build with its checks: the one place that is asked without TLS.
    pub fn is_loopback(&self) -> bool {
        self.manifest.scheme() != "https"
    }
}

/// The window tests name a server of their own. What ships does not look.
fn of_tests() -> Option<Source> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let named = |name: &str| std::env::var(name).ok();
    Source::new(&named("ULAK_UPDATE_URL")?, &named("ULAK_UPDATE_KEY")?, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_asked_and_of_a_test_only_this_computer() {
        let there = |manifest: &str, loopback: bool| Source::new(manifest, "key", loopback).is_some();
        assert!(there("https://updates.example.com/latest.json", false));
        for refused in
            ["http://updates.example.com/latest.json", "http://127.0.0.1:8080/latest.json", "", "latest.json"]
        {
            assert!(!there(refused, false), "{refused}");
        }
        assert!(there("http://127.0.0.1:8080/latest.json", true));
        for refused in ["http://updates.example.com/latest.json", "http://127.0.0.1.example.com/latest.json"] {
            assert!(!there(refused, true), "{refused}");
        }
        assert_eq!(Source::new("https://updates.example.com/latest.json", "", false), None);
    }
}
