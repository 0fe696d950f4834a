//! `cargo xtask bench`: the benchmarks, with the optimisation that ships.

use crate::{
    node, packages,
    sh::{self, Outcome, section},
};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    section("Packages", packages::for_testing)?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    // Apart from the benchmarks, whose test kit is no part of what ships.
    section("App", || sh::run(&mut sh::cargo(&["build", "--release", "--package", "ulak"])))?;
    section("Benchmarks", || {
        let mut bench = sh::cargo(&["run", "--release", "--package", "ulak-bench", "--"]);
        sh::run(bench.args(arguments))
    })
}
