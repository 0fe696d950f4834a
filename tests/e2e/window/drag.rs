//! What the owner's hand does on the display: files dragged from the desktop onto the window, things moved within it, and
//! a picture pasted off the clipboard.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

use crate::page::Page;
use crate::patience::{SOON, until};

type Said = Lines<BufReader<ChildStdout>>;

/// On the square that `drag-files` shows.
const SQUARE: (i64, i64) = (28, 684);
/// Where the pointer lies over nothing.
const AWAY: (i64, i64) = (1279, 799);

/// Drops the files on an element, which shows by its class that it would take them.
pub async fn drop_files(page: &Page, onto: &str, files: &[&Path]) {
    let (x, y) = page.middle(onto).await;
    let mut source = Command::new(env!("CARGO_BIN_EXE_drag-files"));
    let mut source = source.args(files).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut said = BufReader::new(source.stdout.take().unwrap()).lines();
    hear(&mut said, "ready").await;
    move_to(SQUARE).await;
    pointer(&["mousedown", "1"]).await;
    wiggle(&mut said, "dragging", SQUARE).await;
    let mut by = 0;
    let over = until(SOON, async || {
        by = 1 - by;
        move_to((x + by, y)).await;
        let lit = format!("return document.querySelector('[data-testid=\"{onto}\"].is-over') !== null");
        (page.run(&lit).await.ok()? == true).then_some(())
    });
    let seen = over.await;
    if seen.is_some() {
        // Let go earlier, the files would fly back.
        wiggle(&mut said, "accepted", (x, y)).await;
    }
    pointer(&["mouseup", "1"]).await;
    hear(&mut said, "done").await;
    move_to(AWAY).await;
    if seen.is_none() {
        page.fail(&format!("{onto} did not notice the files over it")).await;
    }
    source.wait().await.unwrap();
}

/// Takes hold of something in the window and lets it go elsewhere, by way of the middle.
pub async fn drag(from: (i64, i64), to: (i64, i64)) {
    move_to(from).await;
    pointer(&["mousedown", "1"]).await;
    for part in 1..=4 {
        move_to((from.0 + (to.0 - from.0) * part / 4, from.1 + (to.1 - from.1) * part / 4)).await;
    }
    pointer(&["mouseup", "1"]).await;
    move_to(AWAY).await;
}

/// Copies the picture elsewhere on the desktop and presses Ctrl+V.
pub async fn paste(picture: &Path) {
    let xclip = |direction: &str| {
        let mut xclip = Command::new("xclip");
        xclip.args(["-quiet", "-selection", "clipboard", "-target", "image/png", direction]).kill_on_drop(true);
        xclip
    };
    let mut copied = xclip("-in").arg(picture).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let bytes = std::fs::read(picture).unwrap();
    // It says that it waits before the display knows whose the clipboard is.
    let theirs = until(SOON, async || {
        let seen = xclip("-out").output().await.expect("xclip is not installed").stdout;
        (seen == bytes).then_some(())
    });
    theirs.await.expect("xclip does not have the clipboard");
    pointer(&["key", "ctrl+v"]).await;
    // The window asks for the picture in its own time; whoever copies next ends this.
    tokio::spawn(async move { copied.wait().await });
}

/// Moves the pointer about there until the drag says so: it begins when the pointer has moved far enough, and asks
/// what lies under it at each move.
async fn wiggle(said: &mut Said, word: &str, (x, y): (i64, i64)) {
    let heard = hear(said, word);
    tokio::pin!(heard);
    let mut step = 0;
    loop {
        tokio::select! {
            () = &mut heard => return,
            () = move_to((x + step % 20, y)) => step += 4,
        }
    }
}

async fn hear(said: &mut Said, word: &str) {
    let heard = tokio::time::timeout(SOON, async {
        while said.next_line().await.unwrap().expect("the drag ended early") != word {}
    });
    heard.await.unwrap_or_else(|_| panic!("the drag is not {word}"));
}

async fn move_to((x, y): (i64, i64)) {
    pointer(&["mousemove", &x.to_string(), &y.to_string()]).await;
}

async fn pointer(words: &[&str]) {
    assert!(Command::new("xdotool").args(words).status().await.expect("xdotool is not installed").success());
}
