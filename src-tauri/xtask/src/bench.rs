//! `cargo xtask bench`: the benchmarks, with the optimisation that ships.

use crate::{
    node, packages,
    sh::{self, Outcome, section},
};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    section("Packages", packages::for_benchmarks)?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    // Apart from the benchmarks, whose test kit is no part of what ships.
    section("App", || sh::run(&mut sh::cargo(&["build", "--release", "--package", "ulak"])))?;
    let over_the_wire = arguments.iter().any(|name| name == "wire");
    let here: Vec<&String> = arguments.iter().filter(|name| *name != "wire").collect();
    if arguments.is_empty() || !here.is_empty() {
        section("Benchmarks", || {
            let mut bench = sh::cargo(&["run", "--release", "--package", "ulak-bench", "--"]);
            sh::run(bench.args(here))
        })?;
    }
    if arguments.is_empty() || over_the_wire {
        section("Over the emulator's wire", || {
            sh::run(&mut sh::cargo(&["bench", "--package", "ulak-emulator", "--bench", "wire"]))
        })?;
    }
    Ok(())
}
