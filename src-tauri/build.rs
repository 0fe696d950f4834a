//! Reads `tauri.conf.json` and the capabilities into the window.

#[cfg(feature = "window")]
use std::error::Error;

#[cfg(feature = "window")]
fn main() -> Result<(), Box<dyn Error>> {
    // Without this, a changed capability would silently not be in the binary.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let capabilities = "./src-tauri/capabilities/**/*.json";
    tauri_build::try_build(tauri_build::Attributes::new().capabilities_path_pattern(capabilities))?;
    Ok(())
}

#[cfg(not(feature = "window"))]
fn main() {}
