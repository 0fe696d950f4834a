//! What the owner sees in the window and does there. Everything is found by its `data-testid`, and everything is
//! waited for: a picture of the page as it stands and a sentence come where it does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::harness::artifacts;
use crate::patience::{SOON, typing, until};

/// Ends when two frames have been painted since.
const PAINTED: &str = "
const done = arguments[arguments.length - 1];
document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";

/// Ends when whatever comes or goes is there or gone; what turns for ever is not waited for.
const SETTLED: &str = "
const done = arguments[arguments.length - 1];
const passing = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime !== Infinity);
const late = new Promise((gone) => setTimeout(gone, 2000));
Promise.race([Promise.allSettled(passing.map((each) => each.finished)), late]).then(() => done(true));";

/// The driver's picture comes with the next painting, and without a compositor a still page is not painted again: so
/// long as a picture is taken, one pixel changes.
const MOVING: &str = "
const pixel = document.createElement('i');
pixel.id = 'moving';
pixel.style.cssText = 'position: fixed; right: 0; bottom: 0; width: 1px; height: 1px';
document.body.append(pixel);
const timer = setInterval(() => {
    pixel.style.background = pixel.style.background ? '' : 'black';
    if (!pixel.isConnected) clearInterval(timer);
}, 20);
return null";
const STILL: &str = "document.getElementById('moving').remove(); return null";

/// Calls the core as the page does.
const CALL: &str = "
const [command, args, done] = arguments;
window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done({ value }), (error) => done({ error }));";

pub struct Page {
    client: Client,
    name: &'static str,
    pictures: AtomicU32,
}

impl Page {
    pub fn new(client: Client, name: &'static str) -> Self {
        Self { client, name, pictures: AtomicU32::new(0) }
    }

    /// The first screen stands there.
    pub async fn opened(&self) {
        self.until("the first screen", "document.querySelector('.app main > *, .door__card')").await;
    }

    /// Waits for what the JavaScript expression finds, and gives it back.
    pub async fn until(&self, what: &str, expression: &str) -> Value {
        self.within(SOON, what, expression).await
    }

    pub async fn within(&self, time: Duration, what: &str, expression: &str) -> Value {
        let script = format!("return ({expression}) || null");
        let seen = until(time, async || match self.run(&script).await {
            Ok(Value::Null) | Err(_) => None,
            Ok(seen) => Some(seen),
        });
        match seen.await {
            Some(seen) => seen,
            None => self.fail(&format!("{what} did not come")).await,
        }
    }

    /// Ends the test, with a picture of the page beside it.
    pub async fn fail(&self, why: &str) -> ! {
        let place = self.run("return location.hash").await.unwrap_or_default();
        self.save(&format!("{}-failed", self.name), "e2e").await;
        panic!("{}: {why} (at {place}; see artifacts/e2e/{}-failed.png)", self.name, self.name);
    }

    /// Waits for it to be there.
    pub async fn see(&self, id: &str) {
        self.until(id, &format!("{} !== null", of(id))).await;
    }

    /// Waits for it to say something, and gives back what it says.
    pub async fn text(&self, id: &str) -> String {
        let found = self.until(id, &format!("{}?.innerText.trim()", of(id))).await;
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until it says this.
    pub async fn says(&self, id: &str, words: &str) {
        let expression = format!("{}?.innerText.includes({})", of(id), json!(words));
        let script = format!("return {}?.innerText", of(id));
        let seen =
            until(SOON, async || (self.run(&format!("return {expression}")).await.ok()? == json!(true)).then_some(()));
        if seen.await.is_none() {
            let said = self.run(&script).await.unwrap_or_default();
            self.fail(&format!("{id} does not say {words:?}, but {said}")).await;
        }
    }

    pub async fn is_there(&self, id: &str) -> bool {
        self.run(&format!("return {} !== null", of(id))).await.unwrap() == json!(true)
    }

    /// Presses it as soon as it can be pressed.
    pub async fn press(&self, id: &str) {
        self.act(SOON, id, async |id| self.client.find(Locator::Css(&css(id))).await?.click().await).await;
    }

    /// Types into a field, in place of what stands there.
    pub async fn write(&self, id: &str, text: &str) {
        self.act(typing(text), id, async |id| {
            let field = self.client.find(Locator::Css(&css(id))).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// Types where the caret is.
    pub async fn type_on(&self, id: &str, text: &str) {
        let keys = async |id: &str| self.client.find(Locator::Css(&css(id))).await?.send_keys(text).await;
        self.act(typing(text), id, keys).await;
    }

    /// Presses a key where the focus is.
    pub async fn key(&self, key: &str) {
        self.client.active_element().await.unwrap().send_keys(key).await.unwrap();
    }

    /// Chooses from a list.
    pub async fn pick(&self, id: &str, value: &str) {
        let choice = async |id: &str| self.client.find(Locator::Css(&css(id))).await?.select_by_value(value).await;
        self.act(SOON, id, choice).await;
    }

    /// Again and again until it works: it may come late, be disabled for a moment, or lie below something that leaves.
    async fn act(&self, time: Duration, id: &str, doing: impl AsyncFn(&str) -> Result<(), CmdError>) {
        let usable = format!("{0} && !{0}.disabled", of(id));
        self.until(&format!("{id}, ready to be used,"), &usable).await;
        let mut refused = String::new();
        let done = until(time, async || match doing(id).await {
            Ok(()) => Some(()),
            Err(error) => {
                refused = error.to_string();
                None
            }
        });
        if done.await.is_none() {
            self.fail(&format!("{id} cannot be used: {refused}")).await;
        }
    }

    /// Goes to a screen by its address, as a link of the page does.
    pub async fn go(&self, path: &str) {
        self.run(&format!("location.hash = {}; return null", json!(path))).await.unwrap();
    }

    /// Where the middle of it is on the screen.
    pub async fn middle(&self, id: &str) -> (i64, i64) {
        let script =
            "(() => { const found = ELEMENT; if (!found) return null; const box = found.getBoundingClientRect();
            return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; })()";
        let place = self.until(id, &script.replace("ELEMENT", &of(id))).await;
        (place[0].as_i64().unwrap(), place[1].as_i64().unwrap())
    }

    /// Asks the core itself.
    pub async fn core(&self, command: &str, args: Value) -> Value {
        let mut answer = self.client.execute_async(CALL, vec![json!(command), args]).await.unwrap();
        assert!(answer["error"].is_null(), "{command}: {}", answer["error"]);
        answer["value"].take()
    }

    /// Asks the core for what it refuses, and gives back the code.
    pub async fn refused(&self, command: &str, args: Value) -> String {
        let answer = self.client.execute_async(CALL, vec![json!(command), args]).await.unwrap();
        answer["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
        self.until("the window's new size", &format!("innerWidth === {width} && innerHeight === {height}")).await;
    }

    pub async fn run(&self, script: &str) -> Result<Value, CmdError> {
        self.client.execute(script, Vec::new()).await
    }

    /// Runs what answers later, by its last argument.
    pub async fn ask(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// A numbered picture of this step.
    pub async fn picture(&self, step: &str) {
        let number = self.pictures.fetch_add(1, Ordering::Relaxed) + 1;
        self.save(&format!("{}-{number:02}-{step}", self.name), "e2e").await;
    }

    pub async fn save(&self, name: &str, kind: &str) {
        self.client.execute_async(SETTLED, Vec::new()).await.unwrap();
        let picture = self.painted().await;
        std::fs::write(artifacts(kind).join(format!("{name}.png")), picture).unwrap();
    }

    /// The window as it is painted, in PNG.
    pub async fn painted(&self) -> Vec<u8> {
        self.client.execute_async(PAINTED, Vec::new()).await.unwrap();
        self.run(MOVING).await.unwrap();
        let picture = self.client.screenshot().await.unwrap();
        self.run(STILL).await.unwrap();
        picture
    }

    pub async fn close(&self) {
        self.client.clone().close().await.unwrap();
    }
}

fn css(id: &str) -> String {
    format!("[data-testid={}]", json!(id))
}

fn of(id: &str) -> String {
    format!("document.querySelector({})", json!(css(id)))
}
