//! Why a newer version is not found or not installed: a stable code and a sentence each. Whatever it is, the version that
//! runs stays as it was.

use std::io::ErrorKind;

use minisign_verify::Error as SignatureError;
use tauri_plugin_updater::Error;
use ulak_core::error::{Params, Problem};

/// Every code, for the test that looks for its sentences.
#[cfg(test)]
const CODES: [&str; 15] = [
    "update.unreachable",
    "update.unreadable",
    "update.no_package",
    "update.foreign",
    "update.damaged",
    "update.other_version",
    "update.broken_off",
    "update.too_large",
    "update.disk_full",
    "update.read_only",
    "update.declined",
    "update.not_installed",
    "update.none",
    "update.under_way",
    "update.busy",
];

pub fn none() -> Problem {
    plain("update.none", "There is no newer version to install.")
}

pub fn under_way() -> Problem {
    plain("update.under_way", "Ulak is busy with the new version. Wait until it is done.")
}

pub fn too_large() -> Problem {
    plain("update.too_large", "The package is larger than Ulak can be. It was not installed.")
}

/// What is on its way stands in what the window shows; this is for whoever asked at a bad moment.
pub fn busy() -> Problem {
    plain("update.busy", "Something is on its way. The new version can be installed when that is through.")
}

/// Of a look for a newer version.
pub fn of_look(error: &Error) -> Problem {
    match error {
        Error::Reqwest(error) if !error.is_decode() => unreachable_server(),
        Error::Network(_) | Error::ReleaseNotFound => unreachable_server(),
        Error::TargetNotFound(_) | Error::TargetsNotFound(_) => {
            plain("update.no_package", "There is a newer version, but no package of it for this computer.")
        }
        _ => plain("update.unreadable", "What the server says about the newest version cannot be read."),
    }
}

/// Of the download, its check and the installation.
pub fn of_install(error: &Error) -> Problem {
    match error {
        Error::Reqwest(_) | Error::Network(_) => {
            plain("update.broken_off", "The package did not arrive. Nothing was changed; try again.")
        }
        Error::Minisign(SignatureError::InvalidSignature) => plain(
            "update.damaged",
            "The package is not the one that was signed: it was damaged on its way, or changed. It was not installed.",
        ),
        Error::Minisign(_) | Error::Base64(_) | Error::SignatureUtf8(_) => foreign(),
        Error::SignedVersionMismatch { .. } | Error::MissingSignedVersion => {
            plain("update.other_version", "The package is not of the version that was announced. It was not installed.")
        }
        Error::Io(error) => of_disk(error),
        Error::TempDirNotOnSameMountPoint => read_only(),
        Error::AuthenticationFailed => {
            plain("update.declined", "The computer was not given leave to install. Nothing was changed.")
        }
        other => not_installed(&other.to_string()),
    }
}

fn of_disk(error: &std::io::Error) -> Problem {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => plain(
            "update.disk_full",
            "The disk is full, so the new version was not installed. Make room and try again.",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => read_only(),
        _ => not_installed(&error.to_string()),
    }
}

fn unreachable_server() -> Problem {
    plain("update.unreachable", "Ulak could not ask for a newer version: no connection, or the server does not answer.")
}

fn foreign() -> Problem {
    plain("update.foreign", "The package is not signed by the makers of this Ulak. It was not installed.")
}

fn read_only() -> Problem {
    plain(
        "update.read_only",
        "Ulak may not write to the place where it is installed. Install the new version the way this one was installed.",
    )
}

fn not_installed(reason: &str) -> Problem {
    Problem {
        code: "update.not_installed".to_owned(),
        message: format!("The new version was not installed: {reason}"),
        params: Params::from([("reason".to_owned(), reason.to_owned())]),
    }
}

fn plain(code: &str, message: &str) -> Problem {
    Problem { code: code.to_owned(), message: message.to_owned(), params: Params::new() }
}

#[cfg(test)]
mod tests {
    use ulak_core::messages::Messages;

    use super::*;

    #[test]
    fn every_code_has_its_sentence_in_three_languages() {
        for language in ["en", "tr", "id"] {
            let messages = Messages::of(language);
            for code in CODES {
                let key = format!("error_{}", code.replace('.', "_"));
                assert!(messages.has(&key), "{key} in {language}");
            }
        }
    }

    #[test]
    fn what_the_disk_says_is_told_apart() {
        let code = |kind: ErrorKind| of_install(&Error::Io(kind.into())).code;
        assert_eq!(code(ErrorKind::StorageFull), "update.disk_full");
        assert_eq!(code(ErrorKind::PermissionDenied), "update.read_only");
        assert_eq!(code(ErrorKind::ReadOnlyFilesystem), "update.read_only");
        assert_eq!(of_install(&Error::TempDirNotOnSameMountPoint).code, "update.read_only");
        let other = of_install(&Error::PackageInstallFailed);
        assert_eq!((other.code.as_str(), other.params.contains_key("reason")), ("update.not_installed", true));
    }

    #[test]
    fn a_look_that_fails_says_whether_there_was_an_answer() {
        assert_eq!(of_look(&Error::ReleaseNotFound).code, "update.unreachable");
        assert_eq!(of_look(&Error::TargetsNotFound(Vec::new())).code, "update.no_package");
        let Err(unread) = serde_json::from_str::<u8>("?") else { unreachable!("it is no number") };
        assert_eq!(of_look(&Error::Serialization(unread)).code, "update.unreadable");
    }
}
