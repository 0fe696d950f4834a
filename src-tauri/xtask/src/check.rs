//! `cargo xtask check`: everything that is judged without running the app.

use crate::{
    bindings, node, packages,
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

/// The app as it ships, the app for the emulator, and what never ships: apart, because a feature that one of them has
/// would be in all of them.
fn lints() -> Outcome {
    let beside = ["--package", "ulak-bench", "--package", "ulak-e2e", "--package", "ulak-emulator"];
    let selections: [(&[&str], &[&str]); 3] = [
        (&test::SELECTION, &["--features", test::KIT]),
        (&test::SELECTION, &["--features", "ulak/emulator"]),
        (&beside, &[]),
    ];
    for (selection, features) in selections {
        let mut clippy = sh::cargo(&["clippy", "--all-targets"]);
        sh::run(clippy.args(selection).args(features).args(["--", "--deny", "warnings"]))?;
    }
    Ok(())
}
