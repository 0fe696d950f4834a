//! `cargo xtask emulator`: WhatsApp on this machine, and an app that knows no other.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
};

use crate::{
    node, packages, run,
    sh::{self, Outcome, section},
    test,
};

/// Makes of the app one that talks to the emulator.
pub(crate) const FEATURE: &str = "ulak/emulator";

pub(crate) fn run() -> Outcome {
    section("Packages", packages::for_building)?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    let app = section("App for the emulator", build)?;
    section("Emulator", || sh::run(&mut sh::cargo(&["build", "--package", "ulak-emulator"])))?;
    let folder = sh::target().join("emulator");
    let mut server = sh::command(sh::target().join("debug/ulak-emulator"), &[]);
    server.arg("--folder").arg(folder.join("server")).stdout(Stdio::piped());
    let mut server = server.spawn().map_err(|error| format!("The emulator could not be started: {error}."))?;
    let mut first = String::new();
    if let Some(output) = server.stdout.take() {
        BufReader::new(output).read_line(&mut first).map_err(|error| format!("The emulator says nothing: {error}."))?;
    }
    let (chat, door) = (field(&first, "chat"), field(&first, "http"));
    println!(
        "\nThe emulator listens. What a phone does, you do through its door, as in\n  \
         curl {door}/code --json '{{\"phone\": \"905550000001\", \"code\": \"<the code to type, from the window>\"}}'\n  \
         curl {door}/scan --json '{{\"phone\": \"905550000001\", \"code\": \"<the QR code as text, from ulak link --json>\"}}'\n  \
         curl {door}/seen\n\
         The terminal reaches it with ULAK_WHATSAPP_URL={chat} {}\n",
        app.display()
    );
    let mut window = sh::command(&app, &["--data"]);
    window.arg(folder.join("data")).env("ULAK_WHATSAPP_URL", chat);
    let outcome = if run::has_display() { sh::run(&mut window) } else { wait(&mut server) };
    let _ = server.kill();
    outcome
}

fn wait(server: &mut std::process::Child) -> Outcome {
    println!("There is no display here, so only the emulator runs. Stop it with Ctrl-C.");
    server.wait().map(drop).map_err(|error| format!("The emulator was lost: {error}."))
}

/// The app with the feature `emulator`, beside the one without it.
pub(crate) fn build() -> Outcome<PathBuf> {
    let mut build = sh::cargo(&["build"]);
    sh::run(build.args(test::SELECTION).args(["--features", FEATURE]))?;
    let failed = |error| format!("The app for the emulator cannot be put aside: {error}.");
    let folder = sh::target().join("emulator");
    fs::create_dir_all(&folder).map_err(failed)?;
    let app = folder.join(run::app_name());
    fs::copy(sh::target().join("debug").join(run::app_name()), &app).map_err(failed)?;
    Ok(app)
}

/// A field of one line of JSON, which holds nothing but plain strings and numbers.
fn field(line: &str, name: &str) -> String {
    let value = line.split(&format!("\"{name}\":")).nth(1).unwrap_or_default();
    value.split('"').nth(1).unwrap_or_default().to_owned()
}
