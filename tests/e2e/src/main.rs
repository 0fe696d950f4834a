//! A desktop's file manager, as small as it can be: a square in the corner of the screen from which the files given
//! as arguments can be dragged. The window tests hold its pointer; it says on its output how far the drag has come:
//! `ready`, `dragging`, `accepted` once what lies under it would take the files, then `done`.

#[cfg(target_os = "linux")]
fn main() -> Result<(), gtk::glib::Error> {
    drag::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("Files are dragged for the window tests, and these run on Linux only.");
}

#[cfg(target_os = "linux")]
mod drag {
    use std::path::{Path, absolute};

    use gtk::gdk::{DragAction, ModifierType};
    use gtk::glib::{Error, GString, Propagation, filename_to_uri};
    use gtk::prelude::*;
    use gtk::{FileChooserError, TargetEntry, TargetFlags, Window, WindowType};

    /// Over the foot of the app's navigation, where nothing is ever dropped.
    const CORNER: (i32, i32) = (4, 660);
    const SIDE: i32 = 48;

    pub fn run() -> Result<(), Error> {
        let files: Vec<GString> =
            std::env::args().skip(1).map(|file| uri(Path::new(&file))).collect::<Result<_, _>>()?;
        if let Err(error) = gtk::init() {
            return Err(Error::new(FileChooserError::Nonexistent, &error.to_string()));
        }
        let square = Window::new(WindowType::Popup);
        square.set_default_size(SIDE, SIDE);
        square.move_(CORNER.0, CORNER.1);
        let list = TargetEntry::new("text/uri-list", TargetFlags::empty(), 0);
        square.drag_source_set(ModifierType::BUTTON1_MASK, &[list], DragAction::COPY);
        square.connect_drag_data_get(move |_, _, data, _, _| {
            let files: Vec<&str> = files.iter().map(GString::as_str).collect();
            data.set_uris(&files);
        });
        square.connect_map_event(|_, _| {
            println!("ready");
            Propagation::Proceed
        });
        square.connect_drag_begin(|_, drag| {
            drag.connect_action_changed(|_, action| {
                if action.contains(DragAction::COPY) {
                    println!("accepted");
                }
            });
            println!("dragging");
        });
        square.connect_drag_end(|_, _| {
            println!("done");
            gtk::main_quit();
        });
        square.show_all();
        gtk::main();
        Ok(())
    }

    fn uri(file: &Path) -> Result<GString, Error> {
        let file = absolute(file).map_err(|error| Error::new(FileChooserError::BadFilename, &error.to_string()))?;
        filename_to_uri(file, None)
    }
}
