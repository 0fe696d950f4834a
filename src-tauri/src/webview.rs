//! What the webview keeps in memory. Ulak has one page that is never left, and redraws little of it at a time, so the
//! layers of a compositor and the caches of a browser cost more than they give: without them the page takes half of
//! what it took, and a laptop without a graphics card of its own paints less.

use tauri::WebviewWindow;

#[cfg(target_os = "linux")]
pub fn lighten(window: &WebviewWindow) {
    use webkit2gtk::{CacheModel, HardwareAccelerationPolicy, SettingsExt as _, WebContextExt as _, WebViewExt as _};

    let lightened = window.with_webview(|webview| {
        let page = webview.inner();
        if let Some(settings) = page.settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            settings.set_enable_page_cache(false);
        }
        if let Some(context) = page.context() {
            context.set_cache_model(CacheModel::DocumentViewer);
        }
    });
    if let Err(error) = lightened {
        tracing::warn!(%error, "the webview keeps more in memory than it needs");
    }
}

/// The webviews of other systems decide this themselves.
#[cfg(not(target_os = "linux"))]
pub fn lighten(_window: &WebviewWindow) {}
