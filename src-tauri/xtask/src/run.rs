//! `cargo xtask run`: from a fresh checkout to the open app.

use std::env;

use crate::{
    node, packages,
    sh::{self, Outcome, section},
};

const TEXT: &str = "Merhaba {{name}}, a coffee is on us this week. Reply STOP to opt out.";

pub(crate) fn run(release: bool) -> Outcome {
    section("Packages", packages::for_building)?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    section("App", || {
        let mut build = sh::cargo(&["build", "--package", "ulak"]);
        sh::run(build.args(release.then_some("--release")))
    })?;
    let app = sh::target().join(if release { "release" } else { "debug" }).join(app_name());
    if has_display() {
        println!("\nOpening Ulak.");
        return sh::run(&mut sh::command(app, &[]));
    }
    println!("\nThere is no display here, so a practice campaign runs in the terminal instead. Nothing is sent.");
    let contacts = "tests/fixtures/contacts/sample.csv";
    let photo = "tests/fixtures/media/sample.jpg";
    let arguments = ["practice", "--contacts", contacts, "--text", TEXT, "--media", photo];
    sh::run(&mut sh::command(app, &arguments))
}

pub(crate) fn app_name() -> &'static str {
    if cfg!(windows) { "ulak.exe" } else { "ulak" }
}

pub(crate) fn has_display() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
