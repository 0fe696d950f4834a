//! `cargo xtask bundle`: what people install. On Debian and Ubuntu a deb and an rpm, with `--appimage` an AppImage as
//! well, with `--windows` the Windows installer, cross-compiled. On Windows and macOS what belongs there. With `--try`
//! the deb or the Windows installer is installed, used and removed where that touches nothing of this computer's. With the
//! secret key of the updates in the environment, what the updater takes is signed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    node, packages, run,
    sh::{self, Outcome, section},
    updates,
};

/// The newest glibc that a package may ask for: that of the oldest distribution it is made for, Ubuntu 22.04.
const GLIBC: (u32, u32) = (2, 35);

/// What a download should weigh at most, in megabytes.
const MEGABYTES: u64 = 15;

/// What Windows programs are cross-compiled for. The release is built on Windows itself, with Microsoft's tools.
const CROSS: &str = "x86_64-pc-windows-gnu";

pub(crate) fn run([windows, appimage, tried]: [bool; 3]) -> Outcome {
    let windows = windows || cfg!(windows);
    section("Packages", if windows { packages::for_windows } else { packages::for_bundles })?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    let made = match (windows, cfg!(target_os = "macos")) {
        (true, _) => section("Windows installer", installer)?,
        (_, true) => section("dmg", dmg)?,
        _ => section("deb and rpm", || linux(appimage))?,
    };
    for file in &made {
        weigh(file)?;
    }
    match (tried, windows) {
        (true, false) => section("In a clean Debian", || script("packaging/linux/try-deb.sh", &made)),
        (true, true) => section("Under Wine", || {
            // Beside what the same build says here, where `bundle` has made it.
            let own = Some(sh::target().join("dist").join(run::app_name())).filter(|own| own.exists());
            if own.is_none() {
                println!("It is not compared with this computer's: run `cargo xtask bundle` first.");
            }
            let made: Vec<_> = made.into_iter().chain(own).collect();
            script("packaging/windows/try-installer.sh", &made)
        }),
        (false, _) => Ok(()),
    }
}

fn linux(appimage: bool) -> Outcome<Vec<PathBuf>> {
    let kinds = if appimage { "deb,rpm,appimage" } else { "deb,rpm" };
    let folder = tauri(kinds, None)?;
    glibc(&folder.join(run::app_name()))?;
    let bundles = folder.join("bundle");
    let deb = only(&bundles.join("deb"), "deb")?;
    recompress(&deb)?;
    let mut made = vec![deb, only(&bundles.join("rpm"), "rpm")?];
    if appimage {
        // It brings WebKit along, so it is not weighed with the others.
        let image = only(&bundles.join("appimage"), "AppImage")?;
        println!("{}", image.display());
        updates::sign(&[image])?;
    }
    made.sort();
    updates::sign(&made)?;
    Ok(made)
}

/// For both kinds of processors. Signed and notarised where Apple's secrets are in the environment.
fn dmg() -> Outcome<Vec<PathBuf>> {
    let folder = tauri("app,dmg", Some("universal-apple-darwin"))?;
    // The updater puts the app itself in the place of the one that runs.
    let (apps, archive) = (folder.join("bundle/macos"), folder.join("bundle/macos/Ulak.app.tar.gz"));
    let mut pack = sh::command("tar", &["--create", "--gzip", "--file"]);
    sh::run(pack.arg(&archive).arg("--directory").arg(&apps).arg("Ulak.app"))?;
    updates::sign(&[archive])?;
    Ok(vec![only(&folder.join("bundle/dmg"), "dmg")?])
}

/// Builds and packs with Tauri, and says where.
fn tauri(kinds: &str, target: Option<&str>) -> Outcome<PathBuf> {
    // The front end is built already.
    let unbuilt = r#"{"build":{"beforeBuildCommand":""}}"#;
    let mut build = sh::command(sh::root().join("ui/node_modules/.bin/tauri"), &["build", "--ci", "--config", unbuilt]);
    build.args(["--bundles", kinds]);
    if let Some(target) = target {
        build.args(["--target", target]);
    }
    sh::run(build.args(["--", "--profile", "dist", "--locked"]))?;
    Ok(sh::target().join(target.unwrap_or_default()).join("dist"))
}

/// Tauri packs with gzip, a third larger than what every supported distribution can open.
fn recompress(deb: &Path) -> Outcome {
    let unpacked = deb.with_extension("unpacked");
    let failed = |error| format!("{} cannot be removed: {error}.", unpacked.display());
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).map_err(failed)?;
    }
    sh::run(sh::command("dpkg-deb", &["--raw-extract"]).args([deb, &unpacked]))?;
    sh::run(sh::command("dpkg-deb", &["--root-owner-group", "-Zxz", "-z9", "--build"]).args([&unpacked, deb]))?;
    fs::remove_dir_all(&unpacked).map_err(failed)
}

/// Refuses a program that would not start on the oldest distribution that it is made for.
fn glibc(program: &Path) -> Outcome {
    let symbols = sh::output(sh::command("objdump", &["--dynamic-syms"]).arg(program))
        .ok_or_else(|| format!("objdump cannot read {}.", program.display()))?;
    let newest = symbols.split("GLIBC_").skip(1).filter_map(version).max().unwrap_or_default();
    println!("It asks for glibc {}.{}.", newest.0, newest.1);
    if newest <= GLIBC {
        return Ok(());
    }
    Err(format!("The program asks for glibc {}.{}; Ubuntu 22.04 has {}.{}.", newest.0, newest.1, GLIBC.0, GLIBC.1))
}

/// The version at the beginning of a text, as in `2.34)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let digits = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut numbers = digits.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn installer() -> Outcome<Vec<PathBuf>> {
    let target = if cfg!(windows) { "" } else { CROSS };
    let mut build = sh::cargo(&["build", "--package", "ulak", "--profile", "dist", "--locked"]);
    if !target.is_empty() {
        sh::run(&mut sh::command("rustup", &["target", "add", target]))?;
        build.args(["--target", target]);
    }
    sh::run(&mut build)?;
    let built = sh::target().join(target).join("dist");
    let files = built.join("files");
    let failed = |error| format!("{} cannot be filled: {error}.", files.display());
    fs::create_dir_all(&files).map_err(failed)?;
    fs::copy(built.join("ulak.exe"), files.join("ulak.exe")).map_err(failed)?;
    fs::copy(sh::root().join("LICENSE"), files.join("LICENSE.txt")).map_err(failed)?;
    // What Microsoft's tools link into the program, others load from beside it.
    let loader = "WebView2Loader.dll";
    if built.join(loader).exists() {
        fs::copy(built.join(loader), files.join(loader)).map_err(failed)?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let out = built.join(format!("Ulak_{version}_x64-setup.exe"));
    let mut nsis = sh::command("makensis", &["-V2", "-WX"]);
    nsis.arg(format!("-DVERSION={version}"));
    for (name, path) in [
        ("FILES", files),
        ("ICON", sh::root().join("icons/icon.ico")),
        ("LICENSE", sh::root().join("LICENSE")),
        ("OUT", out.clone()),
    ] {
        nsis.arg(format!("-D{name}={}", path.display()));
    }
    if !target.is_empty() {
        // The usual kind is of 32 bits, which a Wine of 64 bits alone does not run.
        nsis.arg("-DTARGET=amd64-unicode");
    }
    sh::run(nsis.arg("packaging/windows/ulak.nsi"))?;
    updates::sign(std::slice::from_ref(&out))?;
    Ok(vec![out])
}

fn weigh(file: &Path) -> Outcome {
    let size = fs::metadata(file).map_err(|error| format!("{}: {error}.", file.display()))?.len();
    let more = if size > MEGABYTES * 1_000_000 {
        format!(", more than the {MEGABYTES} MB that it should")
    } else {
        String::new()
    };
    println!("{}: {:.1} MB{more}", file.display(), size as f64 / 1e6);
    Ok(())
}

fn script(path: &str, made: &[PathBuf]) -> Outcome {
    sh::run(sh::command("bash", &[path]).args(made))
}

/// The one file of a kind in a folder.
fn only(folder: &Path, ending: &str) -> Outcome<PathBuf> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
    let mut found = files.filter_map(|file| Some(file.ok()?.path()));
    let mut found = found.by_ref().filter(|file| file.extension().is_some_and(|found| found == ending));
    match (found.next(), found.next()) {
        (Some(file), None) => Ok(file),
        (None, _) => Err(format!("There is no .{ending} in {}.", folder.display())),
        (Some(_), Some(_)) => Err(format!("There are several .{ending} in {}. Remove the old ones.", folder.display())),
    }
}
