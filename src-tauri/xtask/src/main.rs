//! The project's own commands: `cargo xtask <command>`.
//!
//! Each one installs what it needs or says exactly what to install, then runs
//! the ordinary tools. It depends on nothing but the standard library, so that
//! it compiles in seconds on a machine that has nothing else yet.

mod bench;
mod bindings;
mod bundle;
mod check;
mod emulator;
mod fuzz;
mod node;
mod packages;
mod run;
mod sh;
mod test;
mod tools;
mod updates;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <command> [options]

  run [--release]       Build the app and open it. Where there is no display,
                        send a practice campaign in the terminal instead.
  test [--long]         Every test: core and shell, numbers over the emulator's
                        wire, the front end, the window. --long also kills the
                        app 300 times in practice and 200 times over the wire,
                        and on Linux makes, installs and removes what people
                        install.
  check [--advisories]  Formatting, lints, licences, unused dependencies, the
                        front end and the generated bindings.
                        --advisories asks the public advisory database as well.
  emulator              Start the WhatsApp emulator and a build of the app that
                        talks to nothing else, to try real numbers by hand.
  bundle [--windows] [--appimage] [--try]
                        What people install: a deb and an rpm, or an installer
                        for Windows. --try installs and uses it out of the way.
  manifest FOLDER ADDRESS
                        Write down, beside signed packages, what the updater
                        looks for. The packages will lie below the address.
  bench [arguments]     Build with optimisation and run the benchmarks.
  fuzz [target] [seconds]
                        Files that a fuzzer makes up, a minute for each parser.
  bindings [--check]    Write the front end's view of the commands
                        (ui/src/api/bindings.ts), or only compare it.

CI runs `check` and `test` (see .ci/run).";

/// With less, compilers and tests break off wherever they are, with words of their own.
const FEW_MEGABYTES: u64 = 2_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        None => ("--help", &[][..]),
        Some((command, rest)) => (command.as_str(), rest),
    };
    let outcome = match command {
        "--help" | "-h" | "help" => {
            println!("{HELP}");
            Ok(())
        }
        "run" => flags(rest, ["--release"]).and_then(|[release]| run::run(release)),
        "test" => flags(rest, ["--long"]).and_then(|[long]| test::run(long)),
        "check" => flags(rest, ["--advisories"]).and_then(|[advisories]| check::run(advisories)),
        "emulator" => flags(rest, []).and_then(|[]| emulator::run()),
        "bundle" => flags(rest, ["--windows", "--appimage", "--try"]).and_then(bundle::run),
        "manifest" => updates::manifest(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "bindings" => flags(rest, ["--check"]).and_then(|[check]| bindings::run(check)),
        unknown => Err(format!("There is no command '{unknown}'.\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("\n{reason}");
            if let Some(left) = sh::megabytes_left().filter(|left| *left < FEW_MEGABYTES) {
                eprintln!("The disk has only {left} MB left, which may be why: make room and try again.");
            }
            ExitCode::FAILURE
        }
    }
}

/// Which of the known flags were given; anything else is refused.
fn flags<const N: usize>(given: &[String], known: [&str; N]) -> Result<[bool; N], String> {
    match given.iter().find(|argument| !known.contains(&argument.as_str())) {
        Some(unknown) => Err(format!("There is no option '{unknown}'.\n\n{HELP}")),
        None => Ok(known.map(|flag| given.iter().any(|argument| argument == flag))),
    }
}
