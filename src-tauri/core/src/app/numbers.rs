//! Linked numbers: to link, to look after, to take off the list; and what is shown of each.

use std::sync::Arc;

use serde::Serialize;

use super::Problem;
use super::common::{Common, facet};
use super::credits::day_start;
use crate::clock::{Millis, is_ahead};
use crate::contact::phone::{self, Country};
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::SessionId;
use crate::outbox::breaker::{FURTHEST_TOLD, Known, holds};
use crate::outbox::store::activity::{Activity, activity};
use crate::outbox::store::numbers::{Stop, stops};
use crate::outbox::store::removal::number_gone;
use crate::session::cause::Cause;
use crate::session::client::{LinkEnd, LinkHow};
use crate::session::linking::{Progress, Stage};
use crate::session::numbers::Numbers as SupervisedNumbers;
use crate::session::state::{LinkState, is_idle, phone_is_due};
use crate::session::store::numbers::{self, Number};
use crate::session::supervisor::Status;
use crate::session::warm_up::{DAYS, WarmUp, warm_up};
use crate::session::{NumberError, Pace, SessionKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum NumberKind {
    Practice,
    Whatsapp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct NumberView {
    pub id: SessionId,
    pub kind: NumberKind,
    pub name: String,
    /// E.164; empty for the practice number.
    pub phone: String,
    pub priority: i64,
    /// Of the linked numbers that are connected, the one that goes first.
    pub is_primary: bool,
    /// As `LinkState::name` says it.
    pub state: String,
    pub since: Option<Millis>,
    pub next_try_at: Option<Millis>,
    pub tries: u32,
    pub ban: Option<BanView>,
    pub shut: Option<ShutView>,
    pub limits: LimitsView,
    pub sent_today: i64,
    pub errors_today: i64,
    /// Of what the numbers of its kind sent today.
    pub share_percent: i64,
    pub last_activity_at: Option<Millis>,
    pub respond_ms: Option<Millis>,
    pub phone_seen_at: Option<Millis>,
    /// The phone should be used before WhatsApp lets the link go.
    pub phone_warning: bool,
    pub idle_warning: bool,
    pub linked_at: Option<Millis>,
    pub pace: Pace,
    /// What it may send today, while it warms up.
    pub warm_up: Option<WarmUpView>,
    pub typing: bool,
    pub take_names: bool,
}

/// A number that was linked for the first time may send a little more every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WarmUpView {
    /// 1 is the first of `days`.
    pub day: usize,
    pub days: usize,
    pub hourly: u32,
    pub daily: u32,
}

impl From<WarmUp> for WarmUpView {
    fn from(WarmUp { day, hourly, daily }: WarmUp) -> Self {
        Self { day, days: DAYS, hourly, daily }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BanView {
    pub code: u16,
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ShutView {
    #[cfg_attr(feature = "bindings", specta(type = String))]
    pub cause: Cause,
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LimitsView {
    pub new_chats_used: Option<u32>,
    pub new_chats_quota: Option<u32>,
    pub quota_renews_at: Option<Millis>,
    pub locked_until: Option<Millis>,
}

/// How far linking a phone is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LinkView {
    /// The number that it became; until then the linking itself.
    pub session_id: SessionId,
    pub stage: Stage,
    /// The text that the QR code is drawn from.
    pub qr: Option<String>,
    /// What is to be typed on the phone, or compared with what it shows.
    pub code: Option<String>,
    pub expires_at: Option<Millis>,
    pub end: Option<LinkEndView>,
    /// Why it was refused or did not begin, or why the passkey was not used.
    pub problem: Option<Problem>,
    /// How far this computer's clock is ahead of WhatsApp's, negative where it is behind, if that is far.
    pub clock_ahead: Option<Millis>,
    pub attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum LinkEndView {
    Exhausted,
    Refused,
    Lost,
    PasskeyUnavailable,
    PasskeyTooLate,
    PasskeyRefused,
}

/// The numbers that messages go over.
pub struct Numbers {
    common: Common,
    pub(super) numbers: Arc<SupervisedNumbers>,
}

facet!(Numbers);

impl Numbers {
    pub(super) fn new(common: Common, numbers: Arc<SupervisedNumbers>) -> Self {
        Self { common, numbers }
    }

    /// What is on the list, in order of priority.
    pub async fn list(&self) -> Result<Vec<NumberView>, Problem> {
        let today = day_start(self.now(), self.settings().await?.hours().zone);
        let mut reader = self.reader().await?;
        let stops = stops(&mut reader).await.map_err(StorageError::from)?;
        let mut views = Vec::new();
        for number in numbers::all(&mut reader).await.map_err(StorageError::from)? {
            let id = number.session.id;
            let activity = activity(&mut reader, id, today).await.map_err(StorageError::from)?;
            views.push(self.number_view(number, stops.get(&id), &activity));
        }
        share(&mut views);
        let primary = views.iter_mut().find(|view| view.kind == NumberKind::Whatsapp && is_up(&view.state));
        if let Some(primary) = primary {
            primary.is_primary = true;
        }
        Ok(views)
    }

    pub(super) async fn view(&self, id: SessionId) -> Result<NumberView, Problem> {
        self.list().await?.into_iter().find(|view| view.id == id).ok_or_else(|| NumberError::Gone.into())
    }

    fn number_view(&self, number: Number, stop: Option<&Stop>, activity: &Activity) -> NumberView {
        let now = self.now();
        let status = self.status_of(&number);
        let last_activity_at = activity.last_at.max(number.heard_at);
        let practice = number.session.kind == SessionKind::Practice;
        let phone_seen_at = number.phone_seen_at.or(number.linked_at);
        let shut = stop.and_then(|stop| shut(&number, stop, now));
        let limits = number.limits;
        NumberView {
            id: number.session.id,
            kind: if practice { NumberKind::Practice } else { NumberKind::Whatsapp },
            name: number.session.name,
            phone: number.session.phone,
            priority: number.session.priority,
            is_primary: false,
            state: status.state.name().to_owned(),
            since: (!practice).then_some(status.since),
            next_try_at: status.next_try_at,
            tries: status.tries,
            ban: match status.state {
                LinkState::Banned { code, until } => Some(BanView { code, until }),
                _ => None,
            },
            shut,
            limits: LimitsView {
                new_chats_used: limits.new_chats_used,
                new_chats_quota: limits.new_chats_quota,
                quota_renews_at: limits.quota_renews_at,
                locked_until: limits.locked_until.filter(|until| is_ahead(*until, now, FURTHEST_TOLD)),
            },
            sent_today: activity.sent,
            errors_today: activity.errors,
            share_percent: 0,
            last_activity_at,
            respond_ms: status.respond_ms,
            phone_seen_at,
            phone_warning: !practice
                && status.state != LinkState::LoggedOut
                && phone_seen_at.is_some_and(|at| phone_is_due(at, now)),
            idle_warning: !practice
                && is_idle(status.state, last_activity_at.max(number.linked_at).unwrap_or(now), now),
            linked_at: number.linked_at,
            pace: number.session.pace,
            warm_up: warm_up(number.session.warm_since, now).filter(|_| !practice).map(WarmUpView::from),
            typing: number.typing,
            take_names: number.take_names,
        }
    }

    /// The practice number is always there; a linked one without a supervisor is not connected.
    fn status_of(&self, number: &Number) -> Status {
        let id = number.session.id;
        let stored = || Status {
            state: number.state.at_start(),
            since: number.since.unwrap_or_default(),
            next_try_at: None,
            tries: 0,
            respond_ms: None,
        };
        let mut status = self.numbers.status(id).unwrap_or_else(stored);
        if number.session.kind == SessionKind::Practice {
            status.state = LinkState::Connected;
        } else if self.numbers.is_linking(id) {
            status.state = LinkState::Linking;
        }
        status
    }

    /// Begins to link a phone: as a number of its own, or as one that was linked before. The id that comes back is that
    /// of the linking; `link_view` tells which number it becomes.
    pub async fn start_link(&self, how: LinkHow, again: Option<SessionId>) -> Result<SessionId, Problem> {
        let how = match how {
            LinkHow::Qr => LinkHow::Qr,
            LinkHow::PairingCode { phone } => LinkHow::PairingCode { phone: self.e164(&phone).await? },
        };
        if let Some(id) = again {
            self.linked_number(id).await?;
        }
        Ok(self.numbers.link(how, again).await?)
    }

    pub fn link_view(&self, linking: SessionId) -> Result<LinkView, Problem> {
        Ok(self.numbers.progress(linking)?.into())
    }

    /// Asks for fresh codes.
    pub async fn refresh_link(&self, linking: SessionId) -> Result<(), Problem> {
        Ok(self.numbers.begin_again(linking).await?)
    }

    /// Lets the system ask the owner for the passkey that WhatsApp wants; comes back when it has answered.
    pub async fn use_passkey(&self, linking: SessionId) -> Result<(), Problem> {
        Ok(self.numbers.use_passkey(linking).await?)
    }

    /// The phone shows the same code as Ulak.
    pub async fn confirm_passkey(&self, linking: SessionId) -> Result<(), Problem> {
        Ok(self.numbers.confirm_passkey(linking).await?)
    }

    /// Gives a linking up. A phone that has accepted stays linked.
    pub async fn cancel_link(&self, linking: SessionId) -> Result<(), Problem> {
        Ok(self.numbers.cancel(linking).await?)
    }

    /// Ends a link and takes the number off the list; its history stays. Says whether WhatsApp was told: if not, the
    /// phone still lists this device.
    pub async fn unlink_number(&self, id: SessionId) -> Result<bool, Problem> {
        self.linked_number(id).await?;
        let told = self.numbers.unlink(id).await?;
        self.take_off(id).await?;
        Ok(told)
    }

    /// Takes a number off the list that WhatsApp has logged out.
    pub async fn remove_number(&self, id: SessionId) -> Result<(), Problem> {
        let number = self.linked_number(id).await?;
        if self.status_of(&number).state != LinkState::LoggedOut {
            return Err(NumberError::StillLinked.into());
        }
        self.take_off(id).await
    }

    async fn take_off(&self, id: SessionId) -> Result<(), Problem> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        numbers::remove(&mut tx, id, now).await.map_err(|error| self.db.error(error))?;
        let campaigns = number_gone(&mut tx, id, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.numbers.retire(id).await;
        campaigns.into_iter().for_each(|campaign| self.events.emit(Event::CampaignChanged(campaign)));
        self.events.emit(Event::LedgerChanged);
        self.nudge();
        Ok(())
    }

    /// Tries at once, where the owner asks for it.
    pub async fn reconnect_number(&self, id: SessionId) -> Result<(), Problem> {
        self.linked_number(id).await?;
        Ok(self.numbers.connect(id).await?)
    }

    /// Who goes first: the numbers in this order, then those that it does not name.
    pub async fn order_numbers(&self, ids: &[SessionId]) -> Result<Vec<NumberView>, Problem> {
        let mut tx = self.db.begin().await?;
        let known = numbers::all(&mut tx).await.map_err(|error| self.db.error(error))?;
        let known: Vec<SessionId> = known.into_iter().map(|number| number.session.id).collect();
        if ids.iter().any(|id| !known.contains(id)) {
            return Err(NumberError::Gone.into());
        }
        let rest = known.iter().filter(|id| !ids.contains(id));
        let order: Vec<SessionId> = ids.iter().chain(rest).copied().collect();
        numbers::order(&mut tx, &order).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.numbers.changed();
        self.nudge();
        self.list().await
    }

    /// `typing`: "typing…" is shown before a text. `take_names`: contacts without a name take the one the phone knows.
    pub async fn set_number_options(&self, id: SessionId, typing: bool, take_names: bool) -> Result<(), Problem> {
        self.linked_number(id).await?;
        let mut tx = self.db.begin().await?;
        numbers::set_options(&mut tx, id, typing, take_names).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.numbers.changed();
        Ok(())
    }

    async fn linked_number(&self, id: SessionId) -> Result<Number, Problem> {
        let number = numbers::by_id(&mut *self.reader().await?, id).await.map_err(StorageError::from)?;
        match number {
            Some(number) if number.session.kind == SessionKind::Practice => Err(NumberError::Practice.into()),
            Some(number) if !number.removed => Ok(number),
            _ => Err(NumberError::Gone.into()),
        }
    }

    /// A phone as the owner types it, in the owner's country.
    async fn e164(&self, typed: &str) -> Result<String, Problem> {
        let country = self.settings().await?.country;
        let country = Country::of(&country).or_else(|| Country::of("TR"));
        let country = country.ok_or(NumberError::Gone)?;
        Ok(phone::parse(typed, country)?.to_string())
    }
}

/// What stops the number: WhatsApp, or that nobody answers it.
fn shut(number: &Number, stop: &Stop, now: Millis) -> Option<ShutView> {
    let known = Known {
        locked_until: number.limits.locked_until,
        quota_renews_at: number.limits.quota_renews_at,
        ban_until: number.state.banned_until(now),
        ..Known::default()
    };
    let holds = |(cause, until): &(Cause, Option<Millis>)| until.is_none_or(|until| holds(cause, until, &known, now));
    let told = stop.shut.clone().filter(holds).map(|(cause, until)| ShutView { cause, until });
    let unheard = |until: Millis| ShutView { cause: Cause::Unheard, until: Some(until).filter(|at| *at > now) };
    told.or_else(|| stop.unheard_until.map(unheard))
}

impl From<Progress> for LinkView {
    fn from(progress: Progress) -> Self {
        Self {
            session_id: progress.session,
            stage: progress.stage,
            qr: progress.qr,
            code: progress.code,
            expires_at: progress.expires_at,
            end: progress.end.map(|end| match end {
                LinkEnd::Exhausted => LinkEndView::Exhausted,
                LinkEnd::Refused => LinkEndView::Refused,
                LinkEnd::Lost => LinkEndView::Lost,
                LinkEnd::PasskeyUnavailable => LinkEndView::PasskeyUnavailable,
                LinkEnd::PasskeyTooLate => LinkEndView::PasskeyTooLate,
                LinkEnd::PasskeyRefused => LinkEndView::PasskeyRefused,
            }),
            problem: progress.problem,
            clock_ahead: progress.clock_ahead,
            attempt: progress.attempt,
        }
    }
}

pub(super) fn is_up(state: &str) -> bool {
    LinkState::of(state, None, None).is_some_and(LinkState::is_usable)
}

/// Whole percents of what all numbers of a kind sent.
fn share(views: &mut [NumberView]) {
    for kind in [NumberKind::Practice, NumberKind::Whatsapp] {
        let all: i64 = views.iter().filter(|view| view.kind == kind).map(|view| view.sent_today).sum();
        for view in views.iter_mut().filter(|view| view.kind == kind && all > 0) {
            view.share_percent = (view.sent_today * 100 + all / 2) / all;
        }
    }
}
