//! `cargo xtask check`: everything that is judged without running the app.

use crate::{
    bindings, emulator, node, packages,
    sh::{self, Outcome, section},
    test, tools,
};

pub(crate) fn run(advisories: bool) -> Outcome {
    section("Packages", packages::for_building)?;
    section("Formatting", || sh::run(&mut sh::cargo(&["fmt", "--all", "--", "--check"])))?;
    section("Front end", || {
        node::ensure()?;
        node::build()?;
        sh::run(&mut node::npm(&["run", "check"]))?;
        sh::run(&mut node::npm(&["run", "lint"]))
    })?;
    section("Lints", lints)?;
    section("Without a window", without_window)?;
    section("Bindings", bindings::compare)?;
    section("Licences and sources", || {
        let mut kinds = vec!["--workspace", "check", "bans", "licenses", "sources"];
        if advisories {
            kinds.push("advisories");
        }
        sh::run(&mut tools::DENY.command(&kinds)?)
    })?;
    section("Unused dependencies", || sh::run(&mut tools::MACHETE.command(&[])?))?;
    println!("\nAll checks pass.");
    Ok(())
}

/// The app as it ships, and everything there is with the app for the emulator: apart, because a feature that one of them
/// has would be in both.
fn lints() -> Outcome {
    let selections: [(&[&str], &str); 2] = [(&test::SELECTION, test::KIT), (&["--workspace"], emulator::FEATURE)];
    for (selection, feature) in selections {
        let mut clippy = sh::cargo(&["clippy", "--all-targets"]);
        sh::run(clippy.args(selection).args(["--features", feature, "--", "--deny", "warnings"]))?;
    }
    Ok(())
}

/// The app of computers without a screen, alone: in one selection with others it would have their features.
const WITHOUT_WINDOW: [&str; 3] = ["--package", "ulak", "--no-default-features"];

/// What only the window needs, by the beginning of its name.
const OF_THE_WINDOW: [&str; 5] = ["tauri", "wry", "tao", "gtk", "webkit2gtk"];

fn without_window() -> Outcome {
    let mut tree = sh::cargo(&["tree", "--target", "all", "--edges", "normal,build", "--prefix", "none"]);
    let listed = sh::output(tree.args(WITHOUT_WINDOW)).ok_or("The dependencies are not listed.")?;
    let is_foreign = |line: &&str| OF_THE_WINDOW.iter().any(|name| line.starts_with(name));
    if let Some(foreign) = listed.lines().find(is_foreign) {
        return Err(format!("Without its window Ulak still needs {foreign}. Make it a part of the feature `window`."));
    }
    sh::run(sh::cargo(&["clippy"]).args(WITHOUT_WINDOW).args(["--", "--deny", "warnings"]))
}
