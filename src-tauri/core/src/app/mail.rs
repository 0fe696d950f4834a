//! E-mail where a message cannot arrive over WhatsApp: the owner's account and templates, and the step that looks which
//! messages go by mail and sends what is due.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::common::{Common, facet};
use super::webhooks::something;
use super::{Problem, locked};
use crate::category::Category;
use crate::clock::{MINUTE, Millis};
use crate::contact::phone::Country;
use crate::contact::store as contacts;
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::{CampaignId, IdGenerator, MailId, MessageId, TemplateId};
use crate::language::Language;
use crate::ledger::Book;
use crate::mail::letter::{self, Filling, Template};
use crate::mail::schedule::{ACCOUNT_RESTS, LOOKS_EVERY, STALE, Watch};
use crate::mail::store::{self, Due, Kind, MailView};
use crate::mail::{Account, Enclosure, LeftOut, Mail, MailError, Mailer, Outcome, Security, Trouble, Why, is_address};
use crate::media::{self, MediaKind};
use crate::outbox::store::mailed::{self, Among, Facts, Said};
use crate::outbox::store::reading;
use crate::session::registry::ConnectionRegistry;
use crate::settings;

/// So many messages are looked at in one step.
const AT_ONCE: u32 = 50;
/// So many mails are shown.
const SHOWN: u32 = 100;
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const TOGETHER: Duration = Duration::from_secs(5);
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// How long a server may take to answer when Ulak ends.
const LAST_ANSWER: Duration = Duration::from_secs(5);
/// How long a server that was not reached is left alone before a message is taken for it.
const UNREACHED_RESTS: Millis = 2 * MINUTE;
/// How often it is looked whether a paused campaign goes on.
const PAUSE_LOOKS: Millis = 5 * MINUTE;
/// What servers usually take together.
const MOST_BYTES: usize = 18_000_000;

pub struct Mails {
    common: Common,
    registry: Arc<ConnectionRegistry>,
    /// None where nothing leaves: then mails wait.
    mailer: Option<Arc<dyn Mailer>>,
    watch: Mutex<Watch>,
    /// When the server was not reached.
    unreached: Mutex<Option<Millis>>,
    stirred: Notify,
}

facet!(Mails);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailAccountView {
    pub active: bool,
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    /// There is one. It is not shown.
    pub has_password: bool,
    pub from_address: String,
    pub from_name: String,
    pub wait_minutes: u32,
    pub per_hour: u32,
    /// What was wrong with the account at the last try, and when.
    pub trouble: Option<Trouble>,
    pub trouble_at: Option<Millis>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailAccountEdit {
    pub active: bool,
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    /// None keeps the one that is there.
    pub password: Option<String>,
    pub from_address: String,
    pub from_name: String,
    /// When no number could send for so many minutes, mails go; 0: only when a message has failed.
    pub wait_minutes: u32,
    /// At most so many mails leave in any 60 minutes.
    pub per_hour: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailTemplateView {
    pub subject: String,
    pub mjml: String,
    /// It is the one that comes with Ulak.
    pub ready: bool,
}

/// A template with an example in it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailPreview {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// What came of a test mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailTest {
    /// The server took it.
    pub sent: bool,
    pub trouble: Option<Trouble>,
    pub code: Option<u16>,
}

/// For what a mail is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum MailFor {
    Campaign(CampaignId),
    Template(TemplateId),
}

impl MailFor {
    fn key(self) -> (Kind, Uuid) {
        match self {
            Self::Campaign(id) => (Kind::Campaign, id.0),
            Self::Template(id) => (Kind::Template, id.0),
        }
    }
}

impl Mails {
    pub(super) fn new(common: Common, registry: Arc<ConnectionRegistry>, mailer: Option<Arc<dyn Mailer>>) -> Self {
        Self { common, registry, mailer, watch: Mutex::default(), unreached: Mutex::default(), stirred: Notify::new() }
    }

    pub async fn account(&self) -> Result<Option<MailAccountView>, Problem> {
        let account = store::account(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        Ok(account.map(view))
    }

    pub async fn save_account(&self, edit: &MailAccountEdit) -> Result<MailAccountView, Problem> {
        let known = store::account(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let account = account_of(edit, known)?;
        let mut tx = self.db.begin().await?;
        let saved = async {
            store::save_account(&mut tx, &account).await?;
            if !account.active {
                store::leave_out_all(&mut tx, self.now()).await?;
            }
            Ok(())
        };
        saved.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        *locked(&self.unreached) = None;
        self.changed();
        Ok(view(account))
    }

    /// Sends a mail to `to` over what is typed, saved or not, and says what the server answered.
    pub async fn test(&self, edit: &MailAccountEdit, to: &str) -> Result<MailTest, Problem> {
        let mailer = self.mailer.clone().ok_or(MailError::Offline)?;
        self.test_over(edit, to, mailer.as_ref()).await
    }

    /// The same over a way of the caller's.
    pub async fn test_over(&self, edit: &MailAccountEdit, to: &str, mailer: &dyn Mailer) -> Result<MailTest, Problem> {
        let to = to.trim();
        if !is_address(to) {
            return Err(MailError::NotAnAddress { address: to.to_owned() }.into());
        }
        let known = store::account(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let account = account_of(edit, known)?;
        let settings = self.settings().await?;
        let (language, business) = (settings.spoken(), settings.business_name);
        let template = self.template_of(language).await?;
        let filling = Filling { business: &business, name: &account.from_name, text: sample(language), pictures: &[] };
        let letter = template.letter(&filling)?;
        let id = IdGenerator::at(self.now()).next::<MailId>();
        let mail = Mail {
            id: id.0.simple().to_string(),
            to_address: to.to_owned(),
            to_name: String::new(),
            subject: letter.subject,
            html: letter.html,
            text: letter.text,
            inline: Vec::new(),
            attached: Vec::new(),
            promotion: false,
            at: self.now(),
        };
        Ok(match mailer.send(account, mail).await {
            Outcome::Sent => MailTest { sent: true, trouble: None, code: None },
            Outcome::Unknown => MailTest { sent: false, trouble: Some(Trouble::TimedOut), code: None },
            Outcome::Later(trouble, code) | Outcome::Refused(trouble, code) | Outcome::Account(trouble, code) => {
                MailTest { sent: false, trouble: Some(trouble), code }
            }
        })
    }

    pub async fn template(&self, language: Language) -> Result<MailTemplateView, Problem> {
        let own = store::template(&mut *self.reader().await?, language).await.map_err(|error| self.db.error(error))?;
        let ready = own.is_none();
        let Template { subject, mjml } = own.unwrap_or_else(|| Template::ready(language));
        Ok(MailTemplateView { subject, mjml, ready })
    }

    /// None: the one that comes with Ulak again.
    pub async fn save_template(&self, language: Language, own: Option<Template>) -> Result<MailTemplateView, Problem> {
        if let Some(template) = &own {
            template.check()?;
        }
        let mut tx = self.db.begin().await?;
        let saved = match &own {
            Some(template) => store::save_template(&mut tx, language, template, self.now()).await,
            None => store::drop_template(&mut tx, language).await,
        };
        saved.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed();
        self.template(language).await
    }

    /// How a mail with this template looks, with an example in it.
    pub async fn preview(&self, language: Language, template: &Template) -> Result<MailPreview, Problem> {
        if !template.mjml.contains("{{message}}") {
            return Err(MailError::NoMessage.into());
        }
        let business = self.settings().await?.business_name;
        let pictures = ["sample".to_owned()];
        let name = match language {
            Language::En => "Anna Miller",
            Language::Tr => "Elif Şahin",
            Language::Id => "Dewi Lestari",
        };
        let letter =
            template.letter(&Filling { business: &business, name, text: sample(language), pictures: &pictures })?;
        let picture = Enclosure {
            cid: "sample".to_owned(),
            name: String::new(),
            mime: "image/svg+xml".to_owned(),
            bytes: SAMPLE_PICTURE.as_bytes().to_vec(),
        };
        Ok(MailPreview { subject: letter.subject, html: letter::shown(&letter.html, &[picture]), text: letter.text })
    }

    pub async fn wanted(&self, wanted_for: MailFor) -> Result<bool, Problem> {
        let (kind, id) = wanted_for.key();
        let wanted = store::is_wanted(&mut *self.reader().await?, kind, id).await;
        Ok(wanted.map_err(|error| self.db.error(error))?)
    }

    /// A campaign's mails are for what fails from now on.
    pub async fn want(&self, wanted_for: MailFor, wanted: bool) -> Result<(), Problem> {
        let (kind, id) = wanted_for.key();
        let mut tx = self.db.begin().await?;
        store::want(&mut tx, kind, id, wanted, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed();
        Ok(())
    }

    /// The newest mails, the newest first.
    pub async fn mails(&self) -> Result<Vec<MailView>, Problem> {
        let mut reader = self.reader().await?;
        let mut mails = store::newest(&mut reader, SHOWN).await.map_err(|error| self.db.error(error))?;
        let messages: Vec<MessageId> = mails.iter().map(|mail| mail.message_id).collect();
        let names = reading::openings(&mut reader, &messages).await.map_err(|error| self.db.error(error))?;
        for mail in &mut mails {
            mail.name = names.get(&mail.message_id).map(|opening| opening.name.clone()).unwrap_or_default();
        }
        Ok(mails)
    }

    fn changed(&self) {
        self.stirred.notify_one();
        self.events.emit(Event::MailChanged);
    }

    async fn template_of(&self, language: Language) -> Result<Template, Problem> {
        let MailTemplateView { subject, mjml, .. } = self.template(language).await?;
        Ok(Template { subject, mjml })
    }
}

const SAMPLE_PICTURE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="600" height="300"><rect width="600" height="300" fill="#e8dfe6"/><circle cx="460" cy="90" r="40" fill="#f6f1ed"/><path d="M0 300 190 120l120 110 90-70 200 140z" fill="#7a2153"/></svg>"##;

fn sample(language: Language) -> &'static str {
    match language {
        Language::En => {
            "your glasses are *ready*. You can pick them up until Saturday, 19:00.\nhttps://shop.example/opening-hours"
        }
        Language::Tr => {
            "gözlüğünüz *hazır*. Cumartesi 19.00’a kadar teslim alabilirsiniz.\nhttps://shop.example/calisma-saatleri"
        }
        Language::Id => {
            "kacamata Anda *sudah siap*. Silakan diambil sampai Sabtu pukul 19.00.\nhttps://shop.example/jam-buka"
        }
    }
}

fn view(account: Account) -> MailAccountView {
    let Account {
        active,
        host,
        port,
        security,
        user,
        password,
        from_address,
        from_name,
        wait_minutes,
        per_hour,
        trouble,
    } = account;
    let (trouble, trouble_at) = (trouble.map(|(trouble, _)| trouble), trouble.map(|(_, at)| at));
    let has_password = !password.is_empty();
    MailAccountView {
        active,
        host,
        port,
        security,
        user,
        has_password,
        from_address,
        from_name,
        wait_minutes,
        per_hour,
        trouble,
        trouble_at,
    }
}

/// What the owner typed. A password that was kept goes to no other server than the one it was typed for.
fn account_of(edit: &MailAccountEdit, known: Option<Account>) -> Result<Account, MailError> {
    let host = edit.host.trim().to_owned();
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(MailError::NoHost);
    }
    let from_address = edit.from_address.trim().to_owned();
    if !is_address(&from_address) {
        return Err(MailError::NotAnAddress { address: from_address });
    }
    if edit.security == Security::None && !is_here(&host) {
        return Err(MailError::NotSecret);
    }
    let kept = known.filter(|known| known.host == host && known.user == edit.user.trim()).map(|known| known.password);
    let password = match &edit.password {
        Some(typed) => Zeroizing::new(typed.clone()),
        None => kept.unwrap_or_default(),
    };
    Ok(Account {
        active: edit.active,
        port: edit.port.max(1),
        security: edit.security,
        user: edit.user.trim().to_owned(),
        password,
        from_name: edit.from_name.split_whitespace().collect::<Vec<_>>().join(" "),
        from_address,
        wait_minutes: edit.wait_minutes.min(7 * 24 * 60),
        per_hour: edit.per_hour.clamp(1, 10_000),
        trouble: None,
        host,
    })
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The loop and its step.
impl Mails {
    /// Sends what is to be sent until `stop` is true.
    pub(super) async fn run(&self, mut stop: watch::Receiver<bool>) {
        let Some(mailer) = self.mailer.clone() else { return };
        let mut events = self.events.subscribe();
        while !*stop.borrow() {
            let mut ends = stop.clone();
            let over = async {
                let _ = ends.wait_for(|stop| *stop).await;
                tokio::time::sleep(LAST_ANSWER).await;
            };
            let pause = tokio::select! {
                // What is being handed over stays so, and is not sent again.
                () = over => return,
                stepped = self.step(mailer.as_ref(), &stop) => match stepped {
                    Ok(Some(until)) => self.clock.real_wait(until).min(LONGEST_SLEEP),
                    Ok(None) => LONGEST_SLEEP,
                    Err(error) => {
                        tracing::warn!(%error, "e-mail waits until data can be read and saved");
                        AFTER_ERROR
                    }
                },
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.stirred.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = something(&mut events, TOGETHER) => {}
            }
        }
    }

    /// Lets mails take what they may, and sends the next one. Says when there will be something to do; none where that is
    /// not before something changes.
    pub async fn step(
        &self,
        mailer: &dyn Mailer,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Millis>, StorageError> {
        self.rescue().await?;
        let now = self.now();
        let Some(account) = self.ready_account(now).await? else { return Ok(None) };
        let (among, since) = self.needed(now).await?;
        let stranded = self.stranded(&account, &among, now).await?;
        let more = self.take_failed(&among, &since, now).await?;
        let mut reader = self.reader().await?;
        let due = store::next_due(&mut reader, now).await.map_err(|error| self.db.error(error))?;
        let room = store::room_at(&mut reader, account.per_hour, now).await.map_err(|error| self.db.error(error))?;
        let next = store::next_time(&mut reader, now).await.map_err(|error| self.db.error(error))?;
        drop(reader);
        let held = room.max(self.rests_until(&account, now));
        let ends = *stop.borrow();
        if let (Some(due), None, false) = (&due, held, ends) {
            self.send(&account, due, mailer).await?;
            self.events.emit(Event::MailChanged);
            return Ok(Some(self.now()));
        }
        if more {
            return Ok(Some(now));
        }
        let next = next.map(|next| next.max(held.unwrap_or(next)).max(now));
        // It is taken only when it can leave at once: who waits for a number should not wait for a mail server instead.
        let (Some((message, round)), None, None, false) = (stranded.first, due, held, ends) else {
            let look = stranded.watches.then_some(now + LOOKS_EVERY);
            return Ok([next, look].into_iter().flatten().min());
        };
        let taken = match mailer.reach(account.clone()).await {
            // That may have taken its time, and a number may be back.
            Ok(()) => {
                let still = self.stranded(&account, &among, self.now()).await?.first == stranded.first;
                still && self.take_one(message, round, Why::NoNumber, self.now()).await?
            }
            Err(outcome) => {
                self.not_reached(outcome).await?;
                false
            }
        };
        Ok(Some(if taken { self.now() } else { now + LOOKS_EVERY }))
    }

    /// None while nothing may leave: no account, switched off, outside the hours, everything paused.
    async fn ready_account(&self, now: Millis) -> Result<Option<Account>, StorageError> {
        let mut reader = self.reader().await?;
        let read = async {
            let (paused, hours) = settings::pause_and_hours(&mut reader).await?;
            let account = store::account(&mut reader).await?;
            Ok(account.filter(|account| account.active && !paused && hours.is_open(now)))
        };
        read.await.map_err(|error| self.db.error(error))
    }

    /// While something is wrong with the account, or its server was not reached just now.
    fn rests_until(&self, account: &Account, now: Millis) -> Option<Millis> {
        // One from a time to come was set by a clock that was wrong.
        let rest = |at: Millis, rests: Millis| Some(at + rests).filter(|until| *until > now && *until <= now + rests);
        let trouble = account.trouble.and_then(|(_, at)| rest(at, ACCOUNT_RESTS));
        trouble.max(locked(&self.unreached).and_then(|at| rest(at, UNREACHED_RESTS)))
    }

    async fn not_reached(&self, outcome: Outcome) -> Result<(), StorageError> {
        let now = self.now();
        *locked(&self.unreached) = Some(now);
        let Outcome::Account(trouble, _) = outcome else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        store::note_trouble(&mut tx, Some(trouble), now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.tell_trouble(trouble);
        Ok(())
    }

    fn tell_trouble(&self, trouble: Trouble) {
        self.notices.tell(MailError::Account { reason: trouble.as_str().to_owned() });
        self.events.emit(Event::MailChanged);
    }

    /// What was being handed over when Ulak ended, or when what became of it could not be saved.
    async fn rescue(&self) -> Result<(), StorageError> {
        let left = store::is_sending(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        if !left {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        store::rescue(&mut tx, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    /// For what mails are wanted and may be needed, and since when.
    async fn needed(&self, now: Millis) -> Result<(Vec<Among>, Vec<Millis>), StorageError> {
        let mut reader = self.reader().await?;
        let read = async {
            let wanted = store::wanted(&mut reader).await?;
            let campaigns: Vec<CampaignId> =
                wanted.iter().filter(|(kind, ..)| *kind == Kind::Campaign).map(|(_, id, _)| CampaignId(*id)).collect();
            let messages: Vec<MessageId> =
                wanted.iter().filter(|(kind, ..)| *kind == Kind::Message).map(|(_, id, _)| MessageId(*id)).collect();
            let lively = mailed::lively(&mut reader, &campaigns, now - STALE).await?;
            let open = mailed::undecided(&mut reader, &messages, now - STALE).await?;
            let needed = wanted.into_iter().filter(|(kind, id, _)| match kind {
                Kind::Message => open.contains(&MessageId(*id)),
                Kind::Campaign | Kind::Template => lively.contains(&CampaignId(*id)),
            });
            // A time to come was put down by a clock that was wrong.
            let since = |since: Millis| if since > now { now - STALE } else { since.max(now - STALE) };
            Ok(needed.map(|(kind, id, at)| (among(kind, id), since(at))).unzip())
        };
        read.await.map_err(|error| self.db.error(error))
    }

    /// Lets mails take what has failed. True where there may be more.
    async fn take_failed(&self, among: &[Among], since: &[Millis], now: Millis) -> Result<bool, StorageError> {
        let mut reader = self.reader().await?;
        let found = async {
            let mut found = Vec::new();
            for (among, since) in among.iter().zip(since) {
                found.extend(mailed::failed(&mut reader, *among, *since, AT_ONCE).await?);
            }
            Ok(found)
        };
        let found = found.await.map_err(|error| self.db.error(error))?;
        drop(reader);
        let mut more = false;
        for (message, round) in &found {
            more |= self.take_one(*message, *round, Why::Failed, now).await?;
        }
        Ok(more && found.len() >= AT_ONCE as usize)
    }

    /// A message that waits for a number, where none of its queue could send for the owner's minutes.
    async fn stranded(&self, account: &Account, all: &[Among], now: Millis) -> Result<Stranded, StorageError> {
        if account.wait_minutes == 0 {
            return Ok(Stranded::default());
        }
        let wait = Millis::from(account.wait_minutes) * MINUTE;
        let mut reader = self.reader().await?;
        let found = async {
            let unserved = mailed::unserved(&mut reader, all, &self.registry.ids(), now).await?;
            let waiting = locked(&self.watch).look(&unserved, wait, now);
            let mut first = None;
            for among in all {
                let queue = mailed::queue_of(&mut reader, *among).await?;
                if first.is_none() && queue.is_some_and(|queue| waiting.contains(&queue)) {
                    first = mailed::stranded(&mut reader, *among, now - wait, 1).await?.pop();
                }
            }
            Ok(Stranded { first, watches: !unserved.is_empty() })
        };
        found.await.map_err(|error| self.db.error(error))
    }

    /// In one transaction: whether the message may go by mail, and that it does. True where that was decided.
    async fn take_one(&self, message: MessageId, round: i64, why: Why, now: Millis) -> Result<bool, StorageError> {
        let _whole = self.freezing.read().await;
        let mut tx = self.db.begin().await?;
        let taken = async {
            let Some(facts) = mailed::facts(&mut tx, message, now).await? else { return Ok(None) };
            // It changed since it was found, or waits for its owner: the next look sees how.
            let waits = facts.waits || facts.cancelled || !facts.wanted;
            if facts.round != round || waits || why == Why::NoNumber && !facts.never_sent {
                return Ok(None);
            }
            let address = contacts::mail_address(&mut tx, facts.contact).await?;
            let left_out = left_out(&facts, address.is_some());
            let id = IdGenerator::at(now).next();
            if !store::put_down(&mut tx, id, message, round, why, left_out, now).await? {
                return Ok(None);
            }
            if left_out.is_none() && why == Why::NoNumber {
                mailed::give_up(&mut tx, message, &facts, now).await?;
            }
            Ok(Some(facts.queue))
        };
        let queue = taken.await.map_err(|error| self.db.error(error))?;
        let Some(queue) = queue else { return Ok(false) };
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(queue));
        self.events.emit(Event::MailChanged);
        if why == Why::NoNumber {
            self.events.emit(Event::LedgerChanged);
            self.nudge();
        }
        Ok(true)
    }

    async fn send(&self, account: &Account, due: &Due, mailer: &dyn Mailer) -> Result<(), StorageError> {
        // It is made before it is claimed, so that what fails here has not begun.
        let made = self.mail(due).await?;
        let Some(category) = self.begin(due, made.as_ref()).await? else { return Ok(()) };
        let outcome = match made.and_then(|made| made.mail) {
            Some(mail) => mailer.send(account.clone(), mail).await,
            None => Outcome::Refused(Trouble::Unsendable, None),
        };
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let written = async {
            store::complete(&mut tx, due, outcome, now).await?;
            if category.0 == Category::Promotion && matches!(outcome, Outcome::Sent | Outcome::Unknown) {
                contacts::promoted(&mut tx, &category.1, due.message, now).await?;
            }
            match outcome {
                Outcome::Account(trouble, _) => store::note_trouble(&mut tx, Some(trouble), now).await,
                Outcome::Sent if account.trouble.is_some() => store::note_trouble(&mut tx, None, now).await,
                _ => Ok(()),
            }
        };
        written.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if let Outcome::Account(trouble, _) = outcome {
            self.tell_trouble(trouble);
        }
        Ok(())
    }

    /// The last look, and the claim: what the mail is for and whose phone its message was for. None where it does not go.
    async fn begin(&self, due: &Due, made: Option<&Made>) -> Result<Option<(Category, String)>, StorageError> {
        let _whole = self.freezing.read().await;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let begun = async {
            let facts = mailed::facts(&mut tx, due.message, now).await?;
            let address = match &facts {
                Some(facts) => contacts::mail_address(&mut tx, facts.contact).await?,
                None => None,
            };
            if facts.as_ref().is_some_and(|facts| facts.waits && !facts.cancelled) {
                store::put_off(&mut tx, due.id, now + PAUSE_LOOKS).await?;
                return Ok(None);
            }
            let reason = facts.as_ref().map_or(Some(LeftOut::Cleared), |facts| left_out(facts, address.is_some()));
            if let Some(reason) = reason {
                store::leave_out(&mut tx, due.id, reason, now).await?;
                return Ok(None);
            }
            // Another address since it was made: it is made again.
            let same = made.is_some_and(|made| address.is_some_and(|address| address.address == made.address));
            Ok(match same && store::begin(&mut tx, due.id, now).await? {
                true => facts.map(|facts| (facts.category, facts.phone)),
                false => None,
            })
        };
        let begun = begun.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(begun)
    }

    /// None where the message or the address is gone; without a mail where it cannot be made of what is there.
    async fn mail(&self, due: &Due) -> Result<Option<Made>, StorageError> {
        let settings = self.settings().await?;
        let mut reader = self.reader().await?;
        let read = async {
            let Some(facts) = mailed::facts(&mut reader, due.message, self.now()).await? else { return Ok(None) };
            let Some(to) = contacts::mail_address(&mut reader, facts.contact).await? else { return Ok(None) };
            let Some(said) = mailed::said(&mut reader, due.message).await? else { return Ok(None) };
            let enclosures = enclosures(&mut reader, &said).await?;
            let language = to.language.or_else(|| language_of(&facts.phone)).unwrap_or_else(|| settings.spoken());
            let own = store::template(&mut reader, language).await?;
            let template = own.unwrap_or_else(|| Template::ready(language));
            Ok(Some((facts, to, said, enclosures, template)))
        };
        let read = read.await.map_err(|error| self.db.error(error))?;
        let Some((facts, to, said, enclosures, template)) = read else { return Ok(None) };
        let address = to.address.clone();
        let Some((inline, attached)) = enclosures else { return Ok(Some(Made { address, mail: None })) };
        let pictures: Vec<String> = inline.iter().map(|picture| picture.cid.clone()).collect();
        let filling =
            Filling { business: &settings.business_name, name: &said.name, text: &said.text, pictures: &pictures };
        let letter = match template.letter(&filling) {
            Ok(letter) => letter,
            Err(error) => {
                tracing::warn!(%error, "a mail cannot be made of its template");
                return Ok(Some(Made { address, mail: None }));
            }
        };
        let mail = Mail {
            id: due.id.0.simple().to_string(),
            to_address: to.address,
            to_name: said.name,
            subject: letter.subject,
            html: letter.html,
            text: letter.text,
            inline,
            attached,
            promotion: facts.category == Category::Promotion,
            at: self.now(),
        };
        Ok(Some(Made { address, mail: Some(mail) }))
    }
}

/// A mail that was made for an address; none where it cannot be made.
struct Made {
    address: String,
    mail: Option<Mail>,
}

/// What waits for a number that does not come.
#[derive(Default)]
struct Stranded {
    first: Option<(MessageId, i64)>,
    /// Some queue has no number at this moment.
    watches: bool,
}

fn among(kind: Kind, id: Uuid) -> Among {
    match kind {
        Kind::Message => Among::Single(MessageId(id)),
        Kind::Campaign | Kind::Template => Among::Queue(CampaignId(id)),
    }
}

/// Why a message does not go by mail; none where it may.
fn left_out(facts: &Facts, has_address: bool) -> Option<LeftOut> {
    match facts {
        _ if facts.cancelled => Some(LeftOut::Cancelled),
        _ if !facts.wanted => Some(LeftOut::SwitchedOff),
        _ if facts.cleared || facts.book != Book::Real => Some(LeftOut::Cleared),
        _ if !facts.never_sent => Some(LeftOut::MayHaveArrived),
        _ if facts.refused.is_some() => Some(LeftOut::Unwanted),
        _ if !has_address => Some(LeftOut::NoAddress),
        _ => None,
    }
}

/// By the country of the phone, where one of the languages is spoken there.
fn language_of(phone: &str) -> Option<Language> {
    match Country::of_phone(phone)?.code().as_str() {
        "TR" => Some(Language::Tr),
        "ID" => Some(Language::Id),
        _ => None,
    }
}

/// Pictures inside, everything else behind. None where a file is gone or all are too much together.
async fn enclosures(
    db: &mut sqlx::SqliteConnection,
    said: &Said,
) -> Result<Option<(Vec<Enclosure>, Vec<Enclosure>)>, sqlx::Error> {
    let (mut inline, mut attached, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (index, file) in (1..).zip(&said.files) {
        let Some(content) = media::store::content(db, file.sha256).await? else { return Ok(None) };
        bytes += content.bytes.len();
        let ending =
            content.mime.rsplit_once('/').map_or("bin", |(_, ending)| ending.split(['+', ';']).next().unwrap_or("bin"));
        let name = file.name.clone().unwrap_or_else(|| format!("{index}.{ending}"));
        let enclosure = Enclosure { cid: format!("p{index}"), name, mime: content.mime, bytes: content.bytes };
        if file.kind == MediaKind::Image { inline.push(enclosure) } else { attached.push(enclosure) }
    }
    Ok((bytes <= MOST_BYTES).then_some((inline, attached)))
}
