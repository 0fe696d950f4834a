//! `cargo xtask bench`: the benchmarks, with the optimisation that ships.

use crate::{
    packages,
    sh::{self, Outcome, section},
};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    section("Packages", packages::for_building)?;
    section("Benchmarks", || {
        let mut bench = sh::cargo(&["run", "--release", "--package", "ulak-bench", "--"]);
        sh::run(bench.args(arguments))
    })
}
