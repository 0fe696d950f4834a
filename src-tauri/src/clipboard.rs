//! What was copied. On Windows and macOS the webview hands it to the page; WebKitGTK does not, so there it is asked for.

use tauri::AppHandle;

/// As PNG; none where nothing is copied that could be shown.
#[cfg(target_os = "linux")]
pub async fn picture(handle: &AppHandle) -> Option<Vec<u8>> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let ask = move || {
        gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).request_image(move |_, picture| {
            let png = picture.and_then(|picture| picture.save_to_bufferv("png", &[]).ok());
            // Who asked may be gone by now.
            let _ = tell.send(png);
        });
    };
    handle.run_on_main_thread(ask).ok()?;
    told.await.ok().flatten()
}

/// None where nothing is copied that is text.
#[cfg(target_os = "linux")]
pub async fn text(handle: &AppHandle) -> Option<String> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let ask = move || {
        gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).request_text(move |_, text| {
            // Who asked may be gone by now.
            let _ = tell.send(text.map(str::to_owned));
        });
    };
    handle.run_on_main_thread(ask).ok()?;
    told.await.ok().flatten()
}

#[cfg(not(target_os = "linux"))]
pub async fn picture(_: &AppHandle) -> Option<Vec<u8>> {
    None
}

#[cfg(not(target_os = "linux"))]
pub async fn text(_: &AppHandle) -> Option<String> {
    None
}
