//! The desktop's panel: whether it has a place for a tray, and whether it is dark.

/// Windows and macOS always have one. On Linux somebody on the session's bus watches for icons, and somebody shows them.
#[cfg(not(target_os = "linux"))]
pub fn has_tray() -> bool {
    true
}

#[cfg(target_os = "linux")]
pub fn has_tray() -> bool {
    linux::ask(
        ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"),
        "NameHasOwner",
        &(linux::WATCHER,).into(),
    ) && linux::ask(
        (linux::WATCHER, "/StatusNotifierWatcher", "org.freedesktop.DBus.Properties"),
        "Get",
        &(linux::WATCHER, "IsStatusNotifierHostRegistered").into(),
    )
}

/// macOS paints the icon itself.
#[cfg(target_os = "macos")]
pub fn is_dark() -> bool {
    false
}

/// The taskbar has a theme of its own; where nothing is written down it is dark.
#[cfg(windows)]
pub fn is_dark() -> bool {
    use std::os::windows::process::CommandExt;

    const NO_CONSOLE: u32 = 0x0800_0000;
    const THEME: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize";
    let mut asked = std::process::Command::new("reg");
    asked.args(["query", THEME, "/v", "SystemUsesLightTheme"]).creation_flags(NO_CONSOLE);
    !asked.output().is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("0x1"))
}

/// On the main thread.
#[cfg(target_os = "linux")]
pub fn is_dark() -> bool {
    use gtk::prelude::GtkSettingsExt;

    let theme = gtk::Settings::default().is_some_and(|settings| {
        settings.is_gtk_application_prefer_dark_theme()
            || settings.gtk_theme_name().is_some_and(|name| name.to_lowercase().contains("dark"))
    });
    linux::is_dark(&std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default(), theme)
}

#[cfg(target_os = "linux")]
mod linux {
    use gtk::gio::{BusType, Cancellable, DBusCallFlags, bus_get_sync};
    use gtk::glib::{Variant, VariantTy};

    pub const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// Whoever gives no answer in so many milliseconds is not there.
    const PATIENCE: i32 = 1_000;

    /// What somebody on the session's bus answers with yes or no; no where nobody does.
    pub fn ask((name, path, interface): (&str, &str, &str), method: &str, asked: &Variant) -> bool {
        let answer = bus_get_sync(BusType::Session, Cancellable::NONE).and_then(|bus| {
            let (flags, nobody) = (DBusCallFlags::NO_AUTO_START, Cancellable::NONE);
            bus.call_sync(Some(name), path, interface, method, Some(asked), None, flags, PATIENCE, nobody)
        });
        let said = answer.ok().filter(|answer| answer.n_children() == 1).map(|answer| answer.child_value(0));
        // A property comes in a box.
        let said = said.and_then(|said| if said.is_type(VariantTy::VARIANT) { said.as_variant() } else { Some(said) });
        said.and_then(|said| said.get::<bool>()) == Some(true)
    }

    /// These desktops have a dark panel whatever the theme of windows is.
    const DARK: [&str; 6] = ["gnome", "unity", "ubuntu", "cinnamon", "pantheon", "budgie"];

    pub fn is_dark(desktop: &str, theme: bool) -> bool {
        theme || desktop.split(':').any(|name| DARK.contains(&name.to_lowercase().as_str()))
    }

    #[cfg(test)]
    mod tests {
        use super::is_dark;

        #[test]
        fn a_panel_is_dark_by_its_desktop_or_its_theme() {
            for (desktop, theme, dark) in [
                ("ubuntu:GNOME", false, true),
                ("X-Cinnamon:Cinnamon", false, true),
                ("KDE", false, false),
                ("KDE", true, true),
                ("XFCE", false, false),
                ("", true, true),
            ] {
                assert_eq!(is_dark(desktop, theme), dark, "{desktop} {theme}");
            }
        }
    }
}
