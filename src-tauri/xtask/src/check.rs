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
    section("Lints", || {
        let mut clippy = sh::cargo(&["clippy", "--workspace", "--all-targets", "--features", test::KIT]);
        sh::run(clippy.args(["--", "--deny", "warnings"]))
    })?;
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
