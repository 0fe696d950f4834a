//! Link previews of drafts and of templates: a page is looked at when its owner asks for that, and never otherwise.

use std::sync::Arc;

use ulak_media::{Kind, Wish};

use super::files::Files;
use super::{Campaigns, Problem, Templates};
use crate::campaign;
use crate::campaign::draft::Draft;
use crate::event::Event;
use crate::ids::{CampaignId, TemplateId};
use crate::link_preview::fetch::fetch;
use crate::link_preview::{LinkPreview, LinkPreviewError, Web, offered, store};
use crate::media::attachment::Owner;
use crate::template::{self, TemplateView};
use crate::webhook::address::Reach;

#[derive(Clone)]
pub(super) struct LinkPreviews {
    pub files: Files,
    /// Without it no page is looked at.
    pub web: Option<Arc<dyn Web>>,
}

impl LinkPreviews {
    fn web(&self) -> Result<Arc<dyn Web>, LinkPreviewError> {
        self.web.clone().ok_or(LinkPreviewError::Offline)
    }

    async fn look(&self, web: &dyn Web, reach: Reach, text: &str) -> Result<LinkPreview, Problem> {
        let link = offered(text)?;
        let fetched = fetch(web, &link, reach).await?;
        let thumbnail = match fetched.picture {
            Some(picture) => self.thumbnail(picture).await?,
            None => Vec::new(),
        };
        Ok(LinkPreview { link: link.text, title: fetched.title, description: fetched.description, thumbnail })
    }

    /// Of what is no picture after all the page is shown without one.
    async fn thumbnail(&self, picture: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let workshop = self.files.workshop.clone();
        let prepared = tokio::task::spawn_blocking(move || workshop.prepare(picture, Wish::Auto));
        let prepared = prepared.await.map_err(Problem::crashed)?;
        let picture = prepared.ok().filter(|prepared| prepared.kind == Kind::Image);
        Ok(picture.map(|prepared| prepared.thumbnail).unwrap_or_default())
    }

    /// In place of the one that was there.
    async fn put(&self, owner: Owner, preview: Option<&LinkPreview>) -> Result<(), Problem> {
        let (db, now) = (&self.files.db, self.files.now());
        let mut tx = db.begin().await?;
        self.files.touch(&mut tx, owner).await?;
        let put = async {
            let id = match preview {
                Some(preview) => Some(store::add(&mut tx, preview, now).await?),
                None => None,
            };
            match owner {
                Owner::Campaign(draft) => campaign::store::set_link_preview(&mut tx, draft, id).await,
                Owner::Template(one) => template::store::set_link_preview(&mut tx, one, id).await,
                Owner::Version(_) => Ok(()),
            }
        };
        put.await.map_err(|error| db.error(error))?;
        db.commit(tx).await?;
        self.files.events.emit(match owner {
            Owner::Campaign(draft) => Event::CampaignChanged(draft),
            Owner::Template(_) | Owner::Version(_) => Event::TemplatesChanged,
        });
        Ok(())
    }
}

impl Campaigns {
    /// Looks at the page that the draft's text links to, and keeps what it says. A refusal changes nothing.
    pub async fn fetch_link_preview(&self, id: CampaignId) -> Result<Draft, Problem> {
        let web = self.link_previews.web()?;
        self.fetch_link_preview_over(id, web.as_ref(), Reach::Far).await
    }

    /// The same over a way of the caller's, to where that may lead.
    pub async fn fetch_link_preview_over(&self, id: CampaignId, web: &dyn Web, reach: Reach) -> Result<Draft, Problem> {
        let draft = self.open_draft(id).await?;
        let preview = self.link_previews.look(web, reach, &draft.text).await?;
        self.link_previews.put(Owner::Campaign(id), Some(&preview)).await?;
        self.draft(id).await
    }

    pub async fn remove_link_preview(&self, id: CampaignId) -> Result<Draft, Problem> {
        self.link_previews.put(Owner::Campaign(id), None).await?;
        self.draft(id).await
    }
}

impl Templates {
    /// As of a draft.
    pub async fn fetch_template_link_preview(&self, id: TemplateId) -> Result<TemplateView, Problem> {
        let web = self.link_previews.web()?;
        let template = self.template(id).await?;
        let preview = self.link_previews.look(web.as_ref(), Reach::Far, &template.text).await?;
        self.link_previews.put(Owner::Template(id), Some(&preview)).await?;
        self.template(id).await
    }

    pub async fn remove_template_link_preview(&self, id: TemplateId) -> Result<TemplateView, Problem> {
        self.link_previews.put(Owner::Template(id), None).await?;
        self.template(id).await
    }
}
