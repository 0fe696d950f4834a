//! The facets that the App hands out, each with what it needs and nothing else.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ulak_media::Workshop;

use super::campaigns::Practising;
use super::common::Common;
use super::files::Files;
use super::link_previews::LinkPreviews;
use super::work;
use super::{
    App, Backups, Campaigns, Credits, Health, Home, Mails, Numbers, Outbox, OwnerSettings, People, Practice, Programs,
    Replies, Retention, Support, Templates, Webhooks,
};
use crate::db::DbKey;
use crate::ids::SessionId;
use crate::link_preview::Web;
use crate::mail::Mailer;
use crate::outbox::dispatcher::Dispatcher;
use crate::session::numbers::Numbers as SupervisedNumbers;
use crate::session::practice::PracticeNumber;
use crate::session::registry::ConnectionRegistry;
use crate::webhook::Poster;

pub(super) struct Facets {
    people: Arc<People>,
    campaigns: Arc<Campaigns>,
    outbox: Arc<Outbox>,
    replies: Replies,
    numbers: Arc<Numbers>,
    credits: Arc<Credits>,
    templates: Templates,
    settings: Arc<OwnerSettings>,
    practice: Practice,
    home: Home,
    retention: Arc<Retention>,
    backups: Arc<Backups>,
    health: Arc<Health>,
    support: Support,
    webhooks: Arc<Webhooks>,
    mails: Arc<Mails>,
    programs: Arc<Programs>,
}

/// What the App has built before its facets.
pub(super) struct Parts {
    pub common: Common,
    pub dispatcher: Arc<Dispatcher>,
    pub numbers: Arc<SupervisedNumbers>,
    pub practice: Arc<PracticeNumber>,
    pub hurry_first_practice: bool,
    pub practice_id: SessionId,
    pub receipts_applied: Arc<AtomicU64>,
    pub recovery_code: Option<String>,
    pub workshop: Workshop,
    pub key: DbKey,
    pub poster: Option<Arc<dyn Poster>>,
    pub mailer: Option<Arc<dyn Mailer>>,
    pub web: Option<Arc<dyn Web>>,
    pub registry: Arc<ConnectionRegistry>,
}

impl Facets {
    pub fn of(parts: Parts) -> Self {
        let Parts {
            common,
            dispatcher,
            numbers,
            practice,
            practice_id,
            hurry_first_practice,
            receipts_applied,
            recovery_code,
            workshop,
            key,
            poster,
            mailer,
            web,
            registry,
        } = parts;
        let files = Files { common: common.clone(), workshop };
        let link_previews = LinkPreviews { files: files.clone(), web };
        let people = Arc::new(People::new(common.clone()));
        let practising = Practising { number: practice.clone(), id: practice_id, hurry_first: hurry_first_practice };
        let campaigns =
            Campaigns::new(common.clone(), files.clone(), link_previews.clone(), dispatcher.clone(), practising);
        let campaigns = Arc::new(campaigns);
        let to_wait_for = dispatcher.clone();
        let credits = Arc::new(Credits::new(common.clone(), dispatcher));
        let supervised = numbers.clone();
        let numbers = Arc::new(Numbers::new(common.clone(), numbers));
        let backups = Arc::new(Backups::new(common.clone(), key));
        let settings = Arc::new(OwnerSettings::new(common.clone(), recovery_code));
        let outbox = Arc::new(Outbox {
            common: common.clone(),
            people: people.clone(),
            campaigns: campaigns.clone(),
            files: files.clone(),
        });
        let programs = Programs::new(common.clone(), people.clone(), campaigns.clone(), files.clone(), practice_id);
        let programs = Arc::new(programs);
        let health =
            Health::new(common.clone(), numbers.clone(), backups.clone(), to_wait_for.clone(), programs.clone());
        let health = Arc::new(health);
        Self {
            programs,
            templates: Templates::new(common.clone(), files, link_previews, campaigns.clone()),
            practice: Practice {
                common: common.clone(),
                people: people.clone(),
                campaigns: campaigns.clone(),
                outbox: outbox.clone(),
                practice,
                receipts_applied,
            },
            replies: Replies { common: common.clone(), outbox: outbox.clone(), numbers: supervised },
            support: Support::new(common.clone(), health.clone(), numbers.clone()),
            health,
            backups,
            retention: Arc::new(Retention::new(common.clone(), to_wait_for)),
            webhooks: Arc::new(Webhooks::new(common.clone(), poster)),
            mails: Arc::new(Mails::new(common.clone(), registry, mailer)),
            home: Home::new(common, campaigns.clone(), numbers.clone(), settings.clone()),
            settings,
            people,
            campaigns,
            outbox,
            numbers,
            credits,
        }
    }
}

impl Facets {
    pub fn for_the_agenda(&self) -> work::Facets {
        work::Facets {
            campaigns: self.campaigns.clone(),
            retention: self.retention.clone(),
            backups: self.backups.clone(),
        }
    }

    pub fn programs_to_run(&self) -> Arc<Programs> {
        self.programs.clone()
    }

    pub fn campaigns_to_finish(&self) -> Arc<Campaigns> {
        self.campaigns.clone()
    }
}

impl App {
    pub fn people(&self) -> &Arc<People> {
        &self.facets.people
    }

    pub fn campaigns(&self) -> &Campaigns {
        &self.facets.campaigns
    }

    pub fn outbox(&self) -> &Outbox {
        &self.facets.outbox
    }

    pub fn replies(&self) -> &Replies {
        &self.facets.replies
    }

    pub fn numbers(&self) -> &Numbers {
        &self.facets.numbers
    }

    pub fn credits(&self) -> &Credits {
        &self.facets.credits
    }

    pub fn templates(&self) -> &Templates {
        &self.facets.templates
    }

    pub fn settings(&self) -> &OwnerSettings {
        &self.facets.settings
    }

    pub fn practice(&self) -> &Practice {
        &self.facets.practice
    }

    pub fn retention(&self) -> &Retention {
        &self.facets.retention
    }

    pub fn health(&self) -> &Health {
        &self.facets.health
    }

    pub fn support(&self) -> &Support {
        &self.facets.support
    }

    pub fn backups(&self) -> &Backups {
        &self.facets.backups
    }

    pub fn webhooks(&self) -> &Arc<Webhooks> {
        &self.facets.webhooks
    }

    pub fn mails(&self) -> &Arc<Mails> {
        &self.facets.mails
    }

    pub fn programs(&self) -> &Programs {
        &self.facets.programs
    }

    pub fn home(&self) -> &Home {
        &self.facets.home
    }
}
