//! What the tests of the terminal share: the real binary over a folder, the key of its data, and chance that can be
//! repeated.

#![allow(dead_code, reason = "each of these tests uses a part of it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use ulak_core::db::DbKey;
use ulak_core::vault::{self, Keyring};

pub const PASSPHRASE: &str = "a passphrase for tests";

/// Any command over a data folder that its passphrase opens.
pub fn ulak(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ulak"));
    command.args(arguments).args(["--json", "--data"]).arg(data);
    command.env("ULAK_PASSPHRASE", PASSPHRASE).env_remove("DBUS_SESSION_BUS_ADDRESS").stdin(Stdio::null());
    command
}

/// A list of so many people.
pub fn people(count: usize) -> String {
    let rows: String = (0..count).map(|number| format!("Kişi {number},+90532555{number:04}\n")).collect();
    format!("name,phone\n{rows}")
}

pub fn key(data: &Path) -> DbKey {
    vault::open(data, Some(PASSPHRASE), &NoKeyring).unwrap().key
}

pub struct NoKeyring;

impl Keyring for NoKeyring {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Err("none".to_owned())
    }
    fn set(&self, _: &str, _: &[u8]) -> Result<(), String> {
        Err("none".to_owned())
    }
    fn remove(&self, _: &str) -> Result<(), String> {
        Err("none".to_owned())
    }
}

/// A small generator, so that a run can be repeated by its seed.
pub struct Chance(u64);

impl Chance {
    /// With the seed that a variable of the environment names, else with one of the clock's.
    pub fn seeded_by(variable: &str) -> Self {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
        let seed = from_environment(variable).unwrap_or_else(clock);
        println!("{variable}={seed}");
        Self(seed | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

pub fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}
