//! What the updater of an installed Ulak takes: signed packages, and `cargo xtask manifest`, which writes down where they
//! lie, their signatures and what is new in three languages.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::sh::{self, Outcome};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// With the secret key in the environment each package gets a `.sig` beside it, bound to this version.
pub(crate) fn sign(packages: &[PathBuf]) -> Outcome {
    if given("TAURI_SIGNING_PRIVATE_KEY").is_none() {
        return Ok(());
    }
    let tool = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    for package in packages {
        let tool = sh::root().join("ui/node_modules/.bin").join(tool);
        let mut signer = sh::command(tool, &["signer", "sign", "--app-version", VERSION]);
        // A key without a password must not be asked for one.
        signer
            .env("TAURI_SIGNING_PRIVATE_KEY_PASSWORD", given("TAURI_SIGNING_PRIVATE_KEY_PASSWORD").unwrap_or_default());
        sh::run(signer.arg(package))?;
        if let Some(key) = given("ULAK_UPDATE_KEY") {
            same_key(&key, &read(&signature_of(package))?)?;
        }
    }
    Ok(())
}

fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn signature_of(package: &Path) -> PathBuf {
    let mut path = package.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// Packages that are signed with another key than the program knows would be refused by every Ulak that is installed.
fn same_key(public: &str, signature: &str) -> Outcome {
    match (key_id(public), key_id(signature)) {
        (Some(known), Some(used)) if known == used => Ok(()),
        (None, _) => Err("ULAK_UPDATE_KEY is no public key as `tauri signer generate` writes it.".into()),
        _ => Err("TAURI_SIGNING_PRIVATE_KEY is not the secret half of ULAK_UPDATE_KEY.".into()),
    }
}

/// The eight bytes that name a key, in Tauri's Base64 of minisign's text.
fn key_id(boxed: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(from_base64(boxed.trim())?).ok()?;
    Some(from_base64(text.lines().nth(1)?)?.get(2..10)?.to_vec())
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').chars() {
        bits = bits << 6 | u32::try_from(LETTERS.find(letter)?).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// `cargo xtask manifest FOLDER ADDRESS`: writes `latest.json` beside the signed packages in the folder, which will lie
/// below the address.
pub(crate) fn manifest(arguments: &[String]) -> Outcome {
    let [folder, address] = arguments else {
        return Err("Name the folder of the packages and the address below which they will lie.".into());
    };
    let folder = Path::new(folder);
    let unreadable = |error| format!("{} cannot be read: {error}.", folder.display());
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut packages = Vec::new();
    for name in names {
        for target in targets(&name) {
            let signature = read(&signature_of(&folder.join(&name)))?.trim().to_owned();
            packages.push((target, format!("{}/{name}", address.trim_end_matches('/')), signature));
        }
    }
    if packages.is_empty() {
        return Err(format!("There are no packages in {}.", folder.display()));
    }
    let news = ["en", "tr", "id"].map(|language| news(language, &sh::root().join("packaging/news")));
    let [en, tr, id] = news;
    let written = text(&[en?, tr?, id?], &packages);
    let out = folder.join("latest.json");
    fs::write(&out, written).map_err(|error| format!("{} cannot be written: {error}.", out.display()))?;
    println!("{}", out.display());
    Ok(())
}

/// What the updater calls the computers that a package is for.
fn targets(name: &str) -> Vec<String> {
    let processor = if name.contains("arm64") || name.contains("aarch64") { "aarch64" } else { "x86_64" };
    let linux = |kind: &str| vec![format!("linux-{processor}-{kind}")];
    match name.rsplit('.').next() {
        Some("deb") => linux("deb"),
        Some("rpm") => linux("rpm"),
        Some("AppImage") => linux("appimage"),
        _ if name.ends_with("-setup.exe") => vec![format!("windows-{processor}")],
        // For both kinds of processors.
        _ if name.ends_with(".app.tar.gz") => vec!["darwin-aarch64".to_owned(), "darwin-x86_64".to_owned()],
        _ => Vec::new(),
    }
}

/// What is new, from a page that is headed by the version, so that nobody is told what was new in the last one.
fn news(language: &str, folder: &Path) -> Outcome<String> {
    let path = folder.join(format!("{language}.md"));
    let page = read(&path)?;
    let body = page.strip_prefix(&format!("# {VERSION}\n")).map(str::trim).filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| format!("{} does not say what is new in {VERSION}.", path.display()))?;
    // The window shows it as text.
    Ok(body
        .lines()
        .map(|line| line.strip_prefix("- ").map_or(line.to_owned(), |line| format!("• {line}")))
        .collect::<Vec<_>>()
        .join("\n"))
}

/// The plugin takes one text as `notes`; the window looks for the others beside it.
fn text([en, tr, id]: &[String; 3], packages: &[(String, String, String)]) -> String {
    let packages: Vec<String> = packages
        .iter()
        .map(|(target, url, signature)| {
            format!("    {}: {{ \"url\": {}, \"signature\": {} }}", json(target), json(url), json(signature))
        })
        .collect();
    format!(
        "{{\n  \"version\": {},\n  \"notes\": {},\n  \"notes_in\": {{ \"tr\": {}, \"id\": {} }},\n  \"platforms\": {{\n{}\n  }}\n}}\n",
        json(VERSION),
        json(en),
        json(tr),
        json(id),
        packages.join(",\n")
    )
}

fn json(text: &str) -> String {
    let mut written = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => written.extend(['\\', letter]),
            '\n' => written.push_str("\\n"),
            letter if letter < ' ' => written.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => written.push(letter),
        }
    }
    written.push('"');
    written
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_is_for_its_kind_of_installation_and_nothing_else_is_a_package() {
        for (name, expected) in [
            ("Ulak_0.1.0_amd64.deb", &["linux-x86_64-deb"][..]),
            ("Ulak-0.1.0-1.aarch64.rpm", &["linux-aarch64-rpm"]),
            ("Ulak_0.1.0_amd64.AppImage", &["linux-x86_64-appimage"]),
            ("Ulak_0.1.0_x64-setup.exe", &["windows-x86_64"]),
            ("Ulak.app.tar.gz", &["darwin-aarch64", "darwin-x86_64"]),
            ("Ulak_0.1.0_universal.dmg", &[]),
            ("Ulak_0.1.0_amd64.deb.sig", &[]),
            ("SHA256SUMS", &[]),
        ] {
            assert_eq!(targets(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_new_is_quoted() {
        assert_eq!(json("a \"b\" \\ ğ\n\t"), r#""a \"b\" \\ ğ\n\u0009""#);
        let packages = [("linux-x86_64-deb".to_owned(), "https://example.com/u.deb".to_owned(), "c2ln".to_owned())];
        let written = text(&["new".to_owned(), "yeni".to_owned(), "baru".to_owned()], &packages);
        assert!(written.contains("\"notes_in\": { \"tr\": \"yeni\", \"id\": \"baru\" }"), "{written}");
        assert!(written.contains("{ \"url\": \"https://example.com/u.deb\", \"signature\": \"c2ln\" }"), "{written}");
    }

    #[test]
    fn there_are_news_of_this_version_in_every_language() {
        for language in ["en", "tr", "id"] {
            let said = news(language, &sh::root().join("packaging/news"));
            assert!(said.as_ref().is_ok_and(|said| said.starts_with('•')), "{said:?}");
        }
    }

    #[test]
    fn a_key_and_what_it_signed_have_one_name() {
        assert_eq!(from_base64("aGk="), Some(b"hi".to_vec()));
        assert_eq!(from_base64("?"), None);
        // "untrusted comment\n" and ten bytes in Base64, all once more in Base64.
        let boxed = "dW50cnVzdGVkIGNvbW1lbnQKUldRQkFnTUVCUVlIQ0E9PQo=";
        assert_eq!(key_id(boxed), Some(vec![1, 2, 3, 4, 5, 6, 7, 8]));
        assert!(same_key(boxed, boxed).is_ok() && same_key("", boxed).is_err());
    }
}
