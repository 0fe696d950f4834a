//! Files prepared as the running app does it, in a process of the app that is started for each, against the programs
//! that do nothing else: libvips for pictures, ffmpeg for sound. Both sides read a file and write files, and the start
//! of every process counts.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use ulak_media::{PATIENCE, Wish, Workshop};

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch};
use crate::scene::Place;

const REPETITIONS: usize = 7;

pub fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let app = std::env::current_exe()?.with_file_name("ulak");
    for program in [app.to_str().ok_or("a folder's name is not Unicode")?, "ffmpeg", "vipsthumbnail"] {
        let there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if there.is_err() {
            return Ok(vec![Figure::not_measured("media", &format!("{program} is not installed"))]);
        }
    }
    let folder = place.folder()?;
    let workshop = Workshop::Apart { program: app, arguments: vec!["prepare-apart".into()], patience: PATIENCE };
    Ok(vec![photo(&workshop, &folder)?, voice(&workshop, &folder)?])
}

fn photo(workshop: &Workshop, folder: &Path) -> Outcome<Figure> {
    let photo = folder.join("photo.jpg");
    // Twelve megapixels with as much detail as a photo has.
    let scene = "testsrc2=size=4000x3000,noise=alls=12:allf=t,gblur=sigma=1";
    run(Command::new("ffmpeg").args(["-f", "lavfi", "-i", scene, "-frames:v", "1", "-q:v", "3"]).arg(&photo))?;
    let mut pairs = Pairs::default();
    for _ in 0..REPETITIONS {
        let ours = prepare(workshop, &photo, folder)?;
        let mut shrink = Command::new("vipsthumbnail");
        shrink.arg(&photo).args(["--size", "1600x1600>", "-o"]);
        shrink.arg(folder.join("vips.jpg[Q=82,optimize_coding,strip]"));
        let mut thumbnail = Command::new("vipsthumbnail");
        thumbnail.arg(folder.join("vips.jpg")).args(["--size", "96x96", "-o"]).arg(folder.join("vips-small.jpg"));
        pairs.push(ours, timed(shrink)? + timed(thumbnail)?);
    }
    Ok(pairs.figure("photo of 12 megapixels", Some(1.0), "to 1600 pixels, with a thumbnail; libvips".to_owned()))
}

fn voice(workshop: &Workshop, folder: &Path) -> Outcome<Figure> {
    let sound = folder.join("sound.mp3");
    let tone = "sine=frequency=220:duration=60,tremolo=f=3[a];anoisesrc=d=60:a=0.05:r=44100[b];[a][b]join=inputs=2:channel_layout=stereo";
    run(Command::new("ffmpeg").args(["-filter_complex", tone, "-ar", "44100", "-b:a", "192k"]).arg(&sound))?;
    let mut pairs = Pairs::default();
    for _ in 0..REPETITIONS {
        let ours = prepare(workshop, &sound, folder)?;
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.arg("-y").arg("-i").arg(&sound).args(["-ac", "1", "-ar", "48000"]);
        ffmpeg.args(["-c:a", "libopus", "-b:a", "32k", "-application", "voip"]).arg(folder.join("ffmpeg.ogg"));
        pairs.push(ours, timed(ffmpeg)?);
    }
    Ok(pairs.figure(
        "60 s of stereo MP3 to a voice note",
        Some(2.0),
        "ours levelled, with a waveform; ffmpeg does neither".to_owned(),
    ))
}

fn prepare(workshop: &Workshop, file: &Path, folder: &Path) -> Outcome<f64> {
    let time = Stopwatch::start();
    let prepared = workshop.prepare_file(file, Wish::default()).map_err(|refusal| format!("{refusal:?}"))?;
    fs::write(folder.join("ours"), &prepared.bytes)?;
    fs::write(folder.join("ours-small.jpg"), &prepared.thumbnail)?;
    Ok(time.seconds())
}

fn timed(mut command: Command) -> Outcome<f64> {
    let time = Stopwatch::start();
    run(&mut command)?;
    Ok(time.seconds())
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}
