//! Cargo's plugins for `check` and `fuzz`, at pinned versions, inside the target folder
//! so that nothing of the developer's own is replaced.

use std::{fs, path::PathBuf, process::Command};

use crate::sh::{self, Outcome};

pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
pub(crate) const MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9.2" };
pub(crate) const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2" };

impl Tool {
    /// The program, installed first where the pinned version is not there.
    pub(crate) fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let own = home().join("bin").join(self.name);
        if self.is_at(&own) {
            return Ok(sh::command(own, arguments));
        }
        let on_path = PathBuf::from(self.name);
        if self.is_at(&on_path) {
            return Ok(sh::command(on_path, arguments));
        }
        self.install()?;
        Ok(sh::command(own, arguments))
    }

    fn is_at(&self, program: &PathBuf) -> bool {
        let version = sh::output(&mut sh::command(program, &["--version"]));
        version.is_some_and(|version| version.split_whitespace().any(|word| word == self.version))
    }

    /// Without optimisation: building it that way takes four times as long as
    /// all of its runs.
    fn install(&self) -> Outcome {
        let work = home().join("build");
        let mut install = sh::cargo(&["install", "--locked", "--debug", self.name, "--version", self.version]);
        install.arg("--root").arg(home()).arg("--target-dir").arg(&work);
        let outcome = sh::run(&mut install);
        // A gigabyte that nobody needs again; failing to remove it harms nothing.
        let _ = fs::remove_dir_all(work);
        outcome
    }
}

fn home() -> PathBuf {
    sh::target().join("tools")
}
