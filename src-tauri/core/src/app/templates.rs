//! Templates: written, taken over, used in a campaign, carried from one Ulak to another.

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::Serialize;
use sqlx::SqliteConnection;
use ulak_media::{Wish, Workshop};

use super::campaigns::refuse_cleared;
use super::common::{Common, facet};
use super::files::Files;
use super::link_previews::LinkPreviews;
use super::{Campaigns, Problem};
use crate::campaign::draft::{Draft, DraftEdit};
use crate::campaign::hints::hints;
use crate::campaign::{self, CampaignError};
use crate::db::{StorageError, Tx};
use crate::event::Event;
use crate::ids::{CampaignId, MediaId, TemplateId};
use crate::link_preview::link::{self, Link};
use crate::mail::store as mail;
use crate::media::attachment::{self, MediaItem, Owner};
use crate::settings::Language;
use crate::template::exchange::{SIZE_LIMIT, TemplateFileError, Unpacked, pack, unpack};
use crate::template::store::{self, NewTemplate};
use crate::template::whole_text;
use crate::template::{ReadyTemplate, TemplateEdit, TemplateRow, TemplateView, check, ready};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TemplateCheck {
    /// The first one of the text.
    pub link: Option<Link>,
    pub warnings: Vec<Problem>,
}

/// What an import brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TemplatesBrought {
    pub added: u32,
    /// In Ulak already, word for word.
    pub known: u32,
}

/// Templates kept for reuse, and those that come with Ulak.
pub struct Templates {
    common: Common,
    files: Files,
    pub(super) link_previews: LinkPreviews,
    campaigns: Arc<Campaigns>,
}

facet!(Templates);

impl Templates {
    pub(super) fn new(common: Common, files: Files, link_previews: LinkPreviews, campaigns: Arc<Campaigns>) -> Self {
        Self { common, files, link_previews, campaigns }
    }

    pub async fn list(&self) -> Result<Vec<TemplateRow>, Problem> {
        Ok(store::list(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?)
    }

    pub fn ready_templates(&self) -> Vec<ReadyTemplate> {
        ready::ready().to_vec()
    }

    pub async fn template(&self, id: TemplateId) -> Result<TemplateView, Problem> {
        let template = store::by_id(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        template.ok_or_else(|| TemplateFileError::Gone.into())
    }

    pub async fn create_template(&self, language: Language) -> Result<TemplateView, Problem> {
        self.keep_new(&NewTemplate::empty(language), None).await
    }

    /// A copy of one that comes with Ulak, for the owner to change.
    pub async fn take_ready(&self, key: &str, language: Language) -> Result<TemplateView, Problem> {
        let one = ready::ready().iter().find(|one| one.key == key && one.language == language);
        let one = one.ok_or(TemplateFileError::Gone)?.clone();
        let new = NewTemplate {
            name: one.name,
            category: one.category,
            text: one.text,
            choice: one.choice,
            samples: one.samples,
            ..NewTemplate::empty(language)
        };
        self.keep_new(&new, None).await
    }

    pub async fn duplicate_template(&self, id: TemplateId) -> Result<TemplateView, Problem> {
        let original = self.template(id).await?;
        self.keep_new(&original.into(), Some(Owner::Template(id))).await
    }

    /// The content of a draft, to be used again.
    pub async fn save_as_template(&self, draft: CampaignId, language: Language) -> Result<TemplateView, Problem> {
        let Draft { name, text, choice, link_preview, split_long_caption, .. } = self.campaigns.draft(draft).await?;
        let link_preview = link_preview.map(|card| card.id);
        let new = NewTemplate { name, text, choice, link_preview, split_long_caption, ..NewTemplate::empty(language) };
        self.keep_new(&new, Some(Owner::Campaign(draft))).await
    }

    async fn keep_new(&self, new: &NewTemplate, files_of: Option<Owner>) -> Result<TemplateView, Problem> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if let Some(Owner::Campaign(campaign)) = files_of {
            refuse_cleared(&mut tx, campaign).await?;
        }
        let id = store::create(&mut tx, new, now).await.map_err(|error| self.db.error(error))?;
        if let Some(from) = files_of {
            let copied = attachment::store::replace(&mut tx, from, Owner::Template(id), now).await;
            copied.map_err(|error| self.db.error(error))?;
        }
        self.db.commit(tx).await?;
        self.events.emit(Event::TemplatesChanged);
        self.template(id).await
    }

    pub async fn save_template(&self, edit: &TemplateEdit) -> Result<TemplateView, Problem> {
        let mut tx = self.db.begin().await?;
        let saved = store::save(&mut tx, edit, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if !saved {
            return Err(TemplateFileError::Gone.into());
        }
        self.events.emit(Event::TemplatesChanged);
        self.template(edit.id).await
    }

    pub async fn delete_template(&self, id: TemplateId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        store::delete(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TemplatesChanged);
        Ok(())
    }

    /// What there is to say about it while it is written.
    pub async fn check_template(&self, id: TemplateId) -> Result<TemplateCheck, Problem> {
        let one = self.template(id).await?;
        check(&one.text, one.choice.as_ref())?;
        let warnings = hints(&whole_text(&one.text, one.choice.as_ref()));
        let warnings = warnings.into_iter().map(Problem::from).collect();
        Ok(TemplateCheck { link: link::first(&one.text), warnings })
    }

    pub async fn add_template_media(&self, id: TemplateId, path: &Path, wish: Wish) -> Result<MediaItem, Problem> {
        let there = self.template(id).await?.media.len();
        self.files.add_path(Owner::Template(id), there, path, wish).await
    }

    pub async fn paste_template_media(
        &self,
        id: TemplateId,
        name: &str,
        base64: &str,
        wish: Wish,
    ) -> Result<MediaItem, Problem> {
        let there = self.template(id).await?.media.len();
        // What does not decode is refused like any other broken file.
        let bytes = BASE64.decode(base64.as_bytes()).unwrap_or_default();
        self.files.add_bytes(Owner::Template(id), there, name, bytes, wish).await
    }

    pub async fn remove_template_media(&self, id: TemplateId, media: MediaId) -> Result<TemplateView, Problem> {
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, Owner::Template(id)).await?;
        let removed = attachment::store::remove(&mut tx, Owner::Template(id), media).await;
        removed.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TemplatesChanged);
        self.template(id).await
    }

    pub async fn order_template_media(&self, id: TemplateId, order: &[MediaId]) -> Result<TemplateView, Problem> {
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, Owner::Template(id)).await?;
        let ordered = attachment::store::order(&mut tx, Owner::Template(id), order).await;
        ordered.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.template(id).await
    }

    /// The content of a template in place of the draft's; a draft without a name takes the template's.
    pub async fn use_template(&self, draft: CampaignId, id: TemplateId) -> Result<Draft, Problem> {
        let template = self.template(id).await?;
        let before = self.campaigns.open_draft(draft).await?;
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, Owner::Campaign(draft)).await?;
        let copied = async {
            attachment::store::replace(&mut tx, Owner::Template(id), Owner::Campaign(draft), self.now()).await?;
            let preview = template.link_preview.as_ref().map(|card| card.id);
            campaign::store::set_link_preview(&mut tx, draft, preview).await?;
            let (template, draft) = ((mail::Kind::Template, id.0), (mail::Kind::Campaign, draft.0));
            mail::inherit(&mut tx, template, draft, self.now()).await
        };
        copied.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.campaigns
            .save_draft(&DraftEdit {
                name: if before.name.trim().is_empty() { template.name } else { before.name.clone() },
                text: template.text,
                choice: template.choice,
                split_long_caption: template.split_long_caption,
                category: template.category,
                ..before.edit()
            })
            .await
    }

    /// Writes templates into one file; without ids, all of them.
    pub async fn export_templates(&self, ids: &[TemplateId], path: &Path) -> Result<(), Problem> {
        let mut reader = self.reader().await?;
        let all = store::ids(&mut reader).await.map_err(StorageError::from)?;
        let mut wanted = Vec::new();
        for id in all.into_iter().filter(|id| ids.is_empty() || ids.contains(id)) {
            wanted.extend(with_contents(&mut reader, id).await.map_err(StorageError::from)?);
        }
        drop(reader);
        let (bytes, path) = (pack(&wanted)?, path.to_owned());
        let written =
            tokio::task::spawn_blocking(move || std::fs::write(path, bytes)).await.map_err(Problem::crashed)?;
        Ok(written.map_err(|error| TemplateFileError::Unwritable { reason: error.to_string() })?)
    }

    /// Reads templates from a file. Either all of them come in, or none; what is here word for word stays as it is.
    pub async fn import_templates(&self, path: &Path) -> Result<TemplatesBrought, Problem> {
        let (workshop, path) = (self.files.workshop.clone(), path.to_owned());
        let read = move || read_file(&path).and_then(|bytes| prepared(&workshop, unpack(&bytes)?));
        let read = tokio::task::spawn_blocking(read);
        let incoming = read.await.map_err(Problem::crashed)??;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let brought = bring(&mut tx, &incoming, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TemplatesChanged);
        Ok(brought)
    }
}

type Incoming = (NewTemplate, Vec<(String, ulak_media::Prepared)>);

fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: std::io::Error| TemplateFileError::Unreadable { reason: error.to_string() };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > SIZE_LIMIT {
        return Err(TemplateFileError::NotAList.into());
    }
    Ok(std::fs::read(path).map_err(unreadable)?)
}

/// Files out of a file are prepared like any other.
fn prepared(workshop: &Workshop, unpacked: Vec<Unpacked>) -> Result<Vec<Incoming>, Problem> {
    let file = |file: crate::template::exchange::UnpackedFile| {
        let prepared = workshop.prepare(file.bytes, file.wish).map_err(CampaignError::from)?;
        Ok::<_, Problem>((file.name, prepared))
    };
    let one = |one: Unpacked| {
        let files = one.files.into_iter().map(file).collect::<Result<_, _>>()?;
        Ok((one.template, files))
    };
    unpacked.into_iter().map(one).collect()
}

async fn bring(tx: &mut Tx, incoming: &[Incoming], now: crate::clock::Millis) -> Result<TemplatesBrought, sqlx::Error> {
    let mut here = Vec::new();
    for id in store::ids(tx).await? {
        here.extend(store::by_id(tx, id).await?);
    }
    let mut brought = TemplatesBrought::default();
    for (template, contents) in incoming {
        if here.iter().any(|known| same(known, template, contents)) {
            brought.known += 1;
            continue;
        }
        let id = store::create(tx, template, now).await?;
        for (name, file) in contents {
            attachment::store::add(tx, Owner::Template(id), name, file, now).await?;
        }
        brought.added += 1;
    }
    Ok(brought)
}

fn same(known: &TemplateView, new: &NewTemplate, contents: &[(String, ulak_media::Prepared)]) -> bool {
    known.name == new.name
        && known.language == new.language
        && known.text == new.text
        && known.choice == new.choice
        && known.media.iter().map(|item| item.sha256).eq(contents.iter().map(|(_, file)| file.sha256))
}

async fn with_contents(
    db: &mut SqliteConnection,
    id: TemplateId,
) -> Result<Option<(TemplateView, Vec<Vec<u8>>)>, sqlx::Error> {
    let Some(template) = store::by_id(db, id).await? else { return Ok(None) };
    let mut contents = Vec::new();
    for item in &template.media {
        let content = attachment::store::content(db, item.id).await?;
        contents.push(content.map(|(_, bytes)| bytes).unwrap_or_default());
    }
    Ok(Some((template, contents)))
}
