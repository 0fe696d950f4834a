//! Files dragged from the desktop onto the window, with the pointer of the display.

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
    begin(&mut said).await;
    let mut by = 0;
    let over = until(SOON, async || {
        by = 1 - by;
        move_to((x + by, y)).await;
        let lit = format!("return document.querySelector('[data-testid=\"{onto}\"].is-over') !== null");
        (page.run(&lit).await.ok()? == true).then_some(())
    });
    let seen = over.await;
    pointer(&["mouseup", "1"]).await;
    hear(&mut said, "done").await;
    move_to(AWAY).await;
    if seen.is_none() {
        page.fail(&format!("{onto} did not notice the files over it")).await;
    }
    source.wait().await.unwrap();
}

/// A drag begins when the pointer has moved far enough.
async fn begin(said: &mut Said) {
    let dragging = hear(said, "dragging");
    tokio::pin!(dragging);
    let mut step = 0;
    loop {
        tokio::select! {
            () = &mut dragging => return,
            () = move_to((SQUARE.0 + step % 20, SQUARE.1)) => step += 4,
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
