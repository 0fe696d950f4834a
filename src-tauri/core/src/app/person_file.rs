//! Everything that is stored about one person, as a file for them: JSON for programs, or a page in the owner's language.
//! It holds the consents with their source and day, which is the proof of them.

use std::fmt::Write as _;
use std::path::Path;

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::person::{Happening, TimelineQuery, TimelineRow};
use super::{People, Problem};
use crate::clock::{Millis, local};
use crate::contact::store::suppressions::Cause;
use crate::contact::{Contact, Standing};
use crate::contact::{ContactError, phone, store};
use crate::durable::Half;
use crate::ids::ContactId;
use crate::messages::Messages;
use crate::page::Place;
use crate::settings::Language;
use crate::table::{TableError, ending};

/// Rows that are read together.
const AT_ONCE: u32 = 500;

impl People {
    /// Writes it to a file whose ending says which of the two.
    pub async fn export_person(&self, id: ContactId, path: &Path) -> Result<(), Problem> {
        let settings = self.settings().await?;
        let contact = self.contact(id).await?;
        let rows = self.whole_timeline(id).await?;
        let text = match ending(path).as_str() {
            "json" => as_json(&contact, &rows, self.now()),
            "html" => {
                let language = settings.spoken();
                let page = Page { words: words(language), said: Messages::of(language.as_str()), zone: settings.zone };
                page.of(&contact, &rows)
            }
            _ => return Err(TableError::format(path, ".json, .html").into()),
        };
        let half = Half::beside(path);
        std::fs::write(half.path(), text).map_err(|reason| TableError::cannot_write(path, reason))?;
        Ok(half.done().map_err(|reason| TableError::cannot_write(path, reason))?)
    }

    /// The contact with this phone, as people write it.
    pub async fn contact_with(&self, written: &str) -> Result<Contact, Problem> {
        let phone = phone::parse(written, self.country().await?).map_err(ContactError::from)?;
        let found = store::by_phone(self.db.read(), &phone.to_string()).await?;
        Ok(found.ok_or(ContactError::Unknown)?)
    }

    async fn whole_timeline(&self, contact_id: ContactId) -> Result<Vec<TimelineRow>, Problem> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let query = TimelineQuery { contact_id, only: None, place: Place::behind(after, AT_ONCE) };
            let page = self.timeline(&query).await?;
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// Times are UTC milliseconds since 1970, as everywhere in Ulak; each row has its time in words beside.
fn as_json(contact: &Contact, rows: &[TimelineRow], now: Millis) -> String {
    let rows: Vec<Value> =
        rows.iter().map(|row| json!({ "time": in_utc(row.at), "at": row.at, "what": row.what })).collect();
    let whole = json!({ "format": "ulak-person-1", "exported": in_utc(now), "contact": contact, "happened": rows });
    format!("{whole:#}\n")
}

fn in_utc(at: Millis) -> String {
    local(at, Tz::UTC).to_rfc3339()
}

/// A page that needs nothing but itself.
struct Page {
    words: Words,
    /// The window's own sentences.
    said: Messages,
    zone: Tz,
}

impl Page {
    fn of(&self, contact: &Contact, rows: &[TimelineRow]) -> String {
        let Words { title, happened, .. } = self.words;
        let name = if contact.name.is_empty() { &contact.phone_shown } else { &contact.name };
        let mut page = format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n<style>body{{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}}td,th{{text-align:start;vertical-align:top;padding:.25em 1em .25em 0}}th{{font-weight:600;white-space:nowrap}}</style>\n<h1>{0}</h1>\n<table>\n",
            safe(&format!("{title}: {name}"))
        );
        self.facts(contact).iter().for_each(|(label, value)| line(&mut page, label, value));
        let _ = write!(page, "</table>\n<h2>{happened}</h2>\n<table>\n");
        rows.iter().for_each(|row| line(&mut page, &self.day(row.at), &self.told(&row.what)));
        page + "</table>\n"
    }

    fn facts(&self, contact: &Contact) -> Vec<(String, String)> {
        let words = &self.words;
        let own = [
            (words.name, contact.name.clone()),
            (words.phone, contact.phone.clone()),
            (words.email, contact.email.clone()),
            (words.tags, contact.tags.join(", ")),
            (words.list, self.list(contact.standing).to_owned()),
            (words.since, self.day(contact.created_at)),
        ];
        let own = own.into_iter().map(|(label, value)| (label.to_owned(), value));
        let fields = contact.fields.iter().map(|(name, value)| (name.clone(), value.clone()));
        own.chain(fields).filter(|(_, value)| !value.is_empty()).collect()
    }

    fn told(&self, what: &Happening) -> String {
        let words = &self.words;
        match what {
            Happening::Message(message) => {
                let campaign = message.campaign_name.as_deref().unwrap_or_default();
                let state = self.said.say(&format!("tick_{}", message.state.as_str()), &[]);
                together(words.message, &[campaign, &state, &message.text])
            }
            Happening::Reply(reply) => together(words.reply, &[&reply.chosen.join(", "), &reply.text]),
            Happening::Consent { source, note } => together(words.consent, &[source, note]),
            Happening::Withdrawn => words.withdrawn.to_owned(),
            Happening::Standing { standing } => together(words.list, &[self.list(*standing)]),
            Happening::OptedOut { cause: Cause::Stop } => words.opted_out.to_owned(),
            Happening::OptedOut { .. } => together(words.list, &[self.list(Standing::Black)]),
            Happening::Returned { reason } => together(words.returned, &[reason]),
            Happening::Imported { file_name, .. } => together(words.import, &[file_name]),
            Happening::Added => words.added.to_owned(),
        }
    }

    fn list(&self, standing: Standing) -> &'static str {
        let [normal, gray, black] = self.words.lists;
        match standing {
            Standing::Normal => normal,
            Standing::Gray => gray,
            Standing::Black => black,
        }
    }

    fn day(&self, at: Millis) -> String {
        local(at, self.zone).format("%Y-%m-%d %H:%M").to_string()
    }
}

fn line(page: &mut String, label: &str, value: &str) {
    let _ = writeln!(page, "<tr><th>{}</th><td>{}</td></tr>", safe(label), safe(value).replace('\n', "<br>"));
}

fn together(word: &str, more: &[&str]) -> String {
    let more: Vec<&str> = more.iter().copied().filter(|more| !more.is_empty()).collect();
    if more.is_empty() { word.to_owned() } else { format!("{word}: {}", more.join("\n")) }
}

fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

struct Words {
    title: &'static str,
    happened: &'static str,
    name: &'static str,
    phone: &'static str,
    email: &'static str,
    tags: &'static str,
    list: &'static str,
    lists: [&'static str; 3],
    since: &'static str,
    message: &'static str,
    reply: &'static str,
    consent: &'static str,
    withdrawn: &'static str,
    opted_out: &'static str,
    returned: &'static str,
    import: &'static str,
    added: &'static str,
}

fn words(language: Language) -> Words {
    match language {
        Language::En => Words {
            title: "What is stored about this person",
            happened: "What happened",
            name: "Name",
            phone: "Phone",
            email: "E-mail",
            tags: "Tags",
            list: "List",
            lists: ["Normal", "Gray list", "Black list"],
            since: "In the list since",
            message: "Message",
            reply: "Reply",
            consent: "Gave consent",
            withdrawn: "No consent to promotions any more",
            opted_out: "Opted out",
            returned: "Wants messages again",
            import: "Import",
            added: "Added",
        },
        Language::Tr => Words {
            title: "Bu kişi hakkında saklananlar",
            happened: "Olanlar",
            name: "Ad",
            phone: "Telefon",
            email: "E-posta",
            tags: "Etiketler",
            list: "Liste",
            lists: ["Normal", "Gri liste", "Kara liste"],
            since: "Listeye eklenme",
            message: "Mesaj",
            reply: "Yanıt",
            consent: "İzin verdi",
            withdrawn: "Promosyon izni artık yok",
            opted_out: "Listeden çıktı",
            returned: "Yine mesaj istiyor",
            import: "İçe aktarma",
            added: "Eklendi",
        },
        Language::Id => Words {
            title: "Yang disimpan tentang orang ini",
            happened: "Yang terjadi",
            name: "Nama",
            phone: "Telepon",
            email: "E-mail",
            tags: "Label",
            list: "Daftar",
            lists: ["Normal", "Daftar abu-abu", "Daftar hitam"],
            since: "Di daftar sejak",
            message: "Pesan",
            reply: "Balasan",
            consent: "Memberi izin",
            withdrawn: "Izin promosi sudah dicabut",
            opted_out: "Berhenti berlangganan",
            returned: "Ingin menerima pesan lagi",
            import: "Impor",
            added: "Ditambahkan",
        },
    }
}
