//! Reads `tauri.conf.json` and the capabilities into the window.

#[cfg(feature = "window")]
use std::error::Error;

#[cfg(feature = "window")]
fn main() -> Result<(), Box<dyn Error>> {
    // Without this, a changed capability would silently not be in the binary.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let capabilities = "./src-tauri/capabilities/**/*.json";
    tauri_build::try_build(tauri_build::Attributes::new().capabilities_path_pattern(capabilities))?;
    source_of_updates()
}

/// A build that could never update, though it was meant to, is found out here and not by its owners.
#[cfg(feature = "window")]
fn source_of_updates() -> Result<(), Box<dyn Error>> {
    let named = ["ULAK_UPDATE_URL", "ULAK_UPDATE_KEY"].map(|name| {
        println!("cargo:rerun-if-env-changed={name}");
        std::env::var(name).unwrap_or_default()
    });
    match named.each_ref().map(String::as_str) {
        ["", ""] => Ok(()),
        [url, key] if url.starts_with("https://") && !key.is_empty() => Ok(()),
        _ => Err("ULAK_UPDATE_URL (https) and ULAK_UPDATE_KEY are given together, or neither is.".into()),
    }
}

#[cfg(not(feature = "window"))]
fn main() {}
