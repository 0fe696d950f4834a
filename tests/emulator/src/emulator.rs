//! The door for tests in the same process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::faults::{Rule, digits};
use crate::linking::Linked;
use crate::options::{Habits, Options};
use crate::passkey::PasskeyAnswer;
use crate::record::{Record, Seen};
use crate::sent_file::SentFile;
use crate::server::{self, Port};
use crate::stanza::{conflict, stream_error};
use crate::sync::{lock, read, write};
use crate::world::{Limits, World};
use crate::{http, snapshot};

/// A linked device as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceView {
    pub id: u16,
    pub online: bool,
    /// Stanzas that it has not acknowledged yet.
    pub queued: usize,
}

/// An account with at least one linked device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberView {
    pub number: String,
    pub lid: String,
    pub devices: Vec<DeviceView>,
}

/// How the server ends a connection that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kick {
    /// The line is cut without a word.
    Drop,
    /// Another connection took over: `<conflict type="replaced"/>`.
    Replaced,
    /// The phone removed this device while it was connected: `<conflict type="device_removed"/>`.
    DeviceRemoved,
    /// `<stream:error code="…"/>`: 503, 429, 401, 516 …
    StreamError { code: u16 },
}

/// A running server. It stops when it is dropped; `stop` also saves its state.
pub struct Emulator {
    world: Arc<World>,
    chat: Arc<Port>,
    door: Option<(u16, Arc<Port>)>,
}

impl Emulator {
    pub async fn start(options: Options) -> Result<Self> {
        let world = Arc::new(World::new(options)?);
        if let Some(folder) = &world.options.folder {
            snapshot::load(&world, folder).await?;
        }
        let chat = Arc::new(Port::new(world.options.port, server::router(Arc::clone(&world))));
        world.port.store(chat.open().await?, Ordering::Relaxed);
        let mut emulator = Self { world, chat, door: None };
        if let Some(number) = emulator.world.options.http_port {
            let door = Arc::new(Port::new(number, http::router(emulator.handle())));
            emulator.door = Some((door.open().await?, door));
        }
        Ok(emulator)
    }

    /// Another handle to the same server, without its HTTP door.
    pub(crate) fn handle(&self) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(&self.world), chat: Arc::clone(&self.chat), door: None })
    }

    /// Where clients dial: `ws://127.0.0.1:PORT/ws/chat`.
    pub fn chat_url(&self) -> String {
        format!("ws://{}/ws/chat", self.world.media_host())
    }

    /// The public half of the key that signs the server's certificates, in hexadecimal: for clients that check a root.
    pub fn root(&self) -> String {
        self.world.keys.root.public_key.public_key_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The chain of certificates that every client is shown (`CertChain`).
    pub fn certificate(&self) -> &[u8] {
        &self.world.keys.certificate
    }

    /// The HTTP door, if it is open: `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> Option<String> {
        self.door.as_ref().map(|(port, _)| format!("http://127.0.0.1:{port}"))
    }

    /// The owner's phone scans a QR code. Returns when the device is registered and about to be restarted (515).
    pub async fn scan(&self, qr: &str, owner: &str) -> Result<Linked> {
        self.world.scan(qr, &digits(owner)).await
    }

    /// The owner types a pairing code on the phone.
    pub async fn enter_code(&self, owner: &str, code: &str) -> Result<Linked> {
        self.world.enter_code(&digits(owner), code).await
    }

    /// The server asks for another pairing code than the one that is shown for this phone.
    pub fn refresh_code(&self, owner: &str) -> Result<()> {
        self.world.refresh_code(&digits(owner))
    }

    /// As `scan`, for whoever does something else meanwhile.
    pub fn scanning(&self, qr: &str, owner: &str) -> impl Future<Output = Result<Linked>> + Send + use<> {
        let (world, qr, owner) = (Arc::clone(&self.world), qr.to_owned(), digits(owner));
        async move { world.scan(&qr, &owner).await }
    }

    /// As `enter_code`, for whoever does something else meanwhile.
    pub fn typing(&self, owner: &str, code: &str) -> impl Future<Output = Result<Linked>> + Send + use<> {
        let (world, owner, code) = (Arc::clone(&self.world), digits(owner), code.to_owned());
        async move { world.enter_code(&owner, &code).await }
    }

    /// From here on the server asks this account for its passkey while it is linked, and waits for `timeout`
    /// milliseconds.
    pub fn set_passkey(&self, owner: &str, answer: PasskeyAnswer, timeout: Option<u32>) -> Result<()> {
        self.world.set_passkey(&digits(owner), answer, timeout)
    }

    /// What the owner does the next times.
    pub fn answer_passkey(&self, owner: &str, answer: PasskeyAnswer) {
        self.world.answer_passkey(&digits(owner), answer);
    }

    /// The code that the owner's phone shows once the passkey was right, to be compared with the companion.
    pub fn passkey_code(&self, owner: &str) -> Option<String> {
        self.world.passkey_code(&digits(owner))
    }

    /// The system asks for the passkey with WebAuthn's options.
    pub fn use_passkey(&self, options: &serde_json::Value) -> Result<serde_json::Value> {
        self.world.use_passkey(options)
    }

    /// The number that scans when nobody says which.
    pub fn usual_scanner(&self) -> Option<&str> {
        self.world.options.auto_scan.as_deref()
    }

    /// Adds a rule to the script of faults. Rules are asked in the order in which they came.
    pub fn fault(&self, rule: Rule) {
        self.world.faults.add(rule);
    }

    /// Rules that can still strike.
    pub fn faults(&self) -> Vec<Rule> {
        self.world.faults.rules()
    }

    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// What people saw, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.read(|record| record.seen.clone())
    }

    /// What the people of one number saw.
    pub fn seen_by(&self, number: &str) -> Vec<Seen> {
        let number = digits(number);
        self.read(|record| record.seen.iter().filter(|seen| seen.to == number).cloned().collect())
    }

    /// Looks at the record without copying it.
    pub fn read<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        self.world.log.read(look)
    }

    /// Waits until the condition holds. It is asked again after every change, of the record or of who is online.
    pub async fn wait_until(&self, holds: impl FnMut(&Record) -> bool, deadline: Duration) -> Result<()> {
        self.world.log.wait_until(holds, deadline).await
    }

    /// Forgets what was seen and counted.
    pub fn clear_record(&self) {
        self.world.log.write(|record| *record = Record::default());
    }

    pub fn numbers(&self) -> Vec<NumberView> {
        let devices = read(&self.world.devices);
        let numbers = devices.iter().filter_map(|(number, devices)| {
            let lid = devices.values().next()?.who.lid.clone();
            let devices = devices.values().map(|device| DeviceView {
                id: device.who.id,
                online: device.online(),
                queued: lock(&device.inside).queue.len(),
            });
            Some(NumberView { number: number.clone(), lid, devices: devices.collect() })
        });
        numbers.collect()
    }

    /// Whether a device of this number is connected and has taken what waited for it.
    pub fn online(&self, number: &str) -> bool {
        self.world.devices_of(&digits(number)).iter().any(|device| device.online())
    }

    /// The hidden identity of a number: the part before `@lid`.
    pub fn lid(&self, number: &str) -> Result<String> {
        Ok(self.world.phone(&digits(number))?.lid.clone())
    }

    /// A recipient writes to the owner, through every linked device. Answers with the message's id.
    pub async fn reply(&self, from: &str, owner: &str, text: &str) -> Result<String> {
        self.world.reply(&digits(from), &digits(owner), text).await
    }

    /// A recipient sends a file to the owner.
    pub async fn reply_file(&self, from: &str, owner: &str, file: &SentFile) -> Result<String> {
        self.world.reply_file(&digits(from), &digits(owner), file).await
    }

    /// A recipient sends files together. Answers with the ids of their messages.
    pub async fn reply_album(&self, from: &str, owner: &str, files: &[SentFile]) -> Result<Vec<String>> {
        self.world.reply_album(&digits(from), &digits(owner), files).await
    }

    /// A recipient changes what they wrote, in the clear or `sealed` under the message's secret.
    pub async fn edit(&self, from: &str, owner: &str, id: &str, text: &str, sealed: bool) -> Result<String> {
        self.world.edit(&digits(from), &digits(owner), id, text, sealed).await
    }

    /// A recipient puts an emoji to the message with this id, or takes it back with an empty one.
    pub async fn react(&self, from: &str, owner: &str, id: &str, emoji: &str) -> Result<String> {
        self.world.react(&digits(from), &digits(owner), id, emoji).await
    }

    /// A recipient deletes what they wrote.
    pub async fn delete(&self, from: &str, owner: &str, id: &str) -> Result<String> {
        self.world.delete(&digits(from), &digits(owner), id).await
    }

    /// Sends the receipts that were held, and answers how many there were.
    pub fn release_receipts(&self) -> usize {
        let held = std::mem::take(&mut *lock(&self.world.held));
        let receipts = held
            .into_iter()
            .flat_map(|held| held.receipts.into_iter().map(move |receipt| (Arc::clone(&held.device), receipt)));
        receipts.map(|(device, receipt)| device.deliver(receipt)).count()
    }

    /// How the person of this number behaves; `None` goes back to what everybody does.
    pub fn set_habits(&self, number: &str, habits: Option<Habits>) -> Result<()> {
        self.world.phone(&digits(number))?.set_habits(habits);
        Ok(())
    }

    /// Takes a number off WhatsApp, or back on.
    pub fn set_absent(&self, number: &str, absent: bool) {
        change(&mut write(&self.world.absent), digits(number), absent);
    }

    /// Another spelling of a number. The server answers a lookup of it with the number itself, and knows nobody under
    /// the spelling else.
    pub fn set_alias(&self, spelling: &str, number: &str) {
        write(&self.world.aliases).insert(digits(spelling), digits(number));
    }

    /// Whom the phone of a number knows; a device that is linked afterwards learns it.
    pub fn set_address_book(&self, number: &str, people: &[(&str, &str)]) {
        let people = people.iter().map(|(phone, name)| (digits(phone), (*name).to_owned())).collect();
        write(&self.world.address_books).insert(digits(number), people);
    }

    /// The account of a business: linked devices are told its name, and its app state says none.
    pub fn set_business(&self, number: &str, name: &str) {
        write(&self.world.businesses).insert(digits(number), name.to_owned());
    }

    /// A person who never shows their number: they write from the hidden identity alone.
    pub fn set_hidden(&self, number: &str, hidden: bool) {
        change(&mut write(&self.world.hidden), digits(number), hidden);
    }

    /// What the server answers about this number's right to write to strangers.
    pub fn set_limits(&self, number: &str, limits: Limits) {
        write(&self.world.limits).insert(digits(number), limits);
    }

    /// Everything that was uploaded is gone.
    pub fn forget_media(&self) {
        self.world.media.forget_all();
    }

    /// Ends the connections of a number, which is linked.
    pub fn kick(&self, number: &str, kick: Kick) -> Result<()> {
        for device in self.world.linked(&digits(number))? {
            if kick == Kick::DeviceRemoved {
                self.world.remove_device(&device.who.number, device.who.id);
            }
            let Some(link) = device.link() else { continue };
            match kick {
                Kick::Drop => link.abort(),
                Kick::Replaced => link.close_with(conflict("replaced")),
                Kick::DeviceRemoved => link.close_with(conflict("device_removed")),
                Kick::StreamError { code } => link.close_with(stream_error(code)),
            }
        }
        Ok(())
    }

    /// The owner removes the linked devices on the phone.
    pub fn unlink(&self, number: &str) -> Result<()> {
        for device in self.world.linked(&digits(number))? {
            self.world.unlink(&device.who.number, device.who.id);
        }
        Ok(())
    }

    /// The server goes away: connections break, new ones are refused.
    pub async fn close_server(&self) {
        self.chat.shut().await;
    }

    /// The server comes back on the same port.
    pub async fn open_server(&self) -> Result<()> {
        self.chat.open().await.map(|_| ())
    }

    /// Writes the state into the folder of the options, if there is one.
    pub async fn save(&self) -> Result<()> {
        match self.world.options.folder.as_deref() {
            Some(folder) => self.save_to(folder).await,
            None => Ok(()),
        }
    }

    pub async fn save_to(&self, folder: &Path) -> Result<()> {
        snapshot::save(&self.world, folder).await
    }

    /// Ends all connections and saves.
    pub async fn stop(self) -> Result<()> {
        self.close_server().await;
        if let Some((_, door)) = &self.door {
            door.shut().await;
        }
        self.save().await
    }
}

fn change(set: &mut std::collections::BTreeSet<String>, number: String, present: bool) {
    if present {
        set.insert(number);
    } else {
        set.remove(&number);
    }
}
