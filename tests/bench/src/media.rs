//! Files prepared by the app in a process of its own, start and all, against the programs that do nothing else:
//! libvips for pictures, ffmpeg for sound. Both sides read a file and write files.

use std::path::Path;
use std::process::{Command, Stdio};

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
    Ok(vec![photo(&app, &folder)?, voice(&app, &folder)?])
}

fn photo(app: &Path, folder: &Path) -> Outcome<Figure> {
    let photo = folder.join("photo.jpg");
    // Twelve megapixels with as much detail as a photo has.
    let scene = "testsrc2=size=4000x3000,noise=alls=12:allf=t,gblur=sigma=1";
    run(Command::new("ffmpeg").args(["-f", "lavfi", "-i", scene, "-frames:v", "1", "-q:v", "3"]).arg(&photo))?;
    let mut pairs = Pairs::default();
    for turn in 0..REPETITIONS {
        let ours = timed(prepare(app, &photo, folder, turn))?;
        let mut shrink = Command::new("vipsthumbnail");
        shrink.arg(&photo).args(["--size", "1600x1600>", "-o"]);
        shrink.arg(folder.join("vips.jpg[Q=82,optimize_coding,strip]"));
        let mut thumbnail = Command::new("vipsthumbnail");
        thumbnail.arg(folder.join("vips.jpg")).args(["--size", "96x96", "-o"]).arg(folder.join("vips-small.jpg"));
        pairs.push(ours, timed(shrink)? + timed(thumbnail)?);
    }
    Ok(pairs.figure("photo of 12 megapixels", Some(1.0), "to 1600 pixels, with a thumbnail; libvips".to_owned()))
}

fn voice(app: &Path, folder: &Path) -> Outcome<Figure> {
    let sound = folder.join("sound.mp3");
    let tone = "sine=frequency=220:duration=60,tremolo=f=3[a];anoisesrc=d=60:a=0.05:r=44100[b];[a][b]join=inputs=2:channel_layout=stereo";
    run(Command::new("ffmpeg").args(["-filter_complex", tone, "-ar", "44100", "-b:a", "192k"]).arg(&sound))?;
    let mut pairs = Pairs::default();
    for turn in 0..REPETITIONS {
        let ours = timed(prepare(app, &sound, folder, turn))?;
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

fn prepare(app: &Path, file: &Path, folder: &Path, turn: usize) -> Command {
    let mut prepare = Command::new(app);
    prepare.arg("prepare").arg(file).arg("--out").arg(folder.join(format!("out-{turn}")));
    prepare
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
