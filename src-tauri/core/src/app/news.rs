//! What its owner is told by the computer while they look elsewhere: what is different since the last look.
//!
//! Nothing is looked at outside the sending hours, so the first look after them finds what the night brought and is
//! still so. What a start finds is no news: Home shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::backups::failing;
use super::credits::running_low;
use super::numbers::NumberKind;
use super::{Home, NumberView, Problem};
use crate::campaign::doing::Doing;
use crate::campaign::live::CampaignRow;
use crate::db::StorageError;
use crate::ids::{CampaignId, SessionId};
use crate::inbound::store::replies;
use crate::ledger::low::Low;
use crate::outbox::stopping::StoppedFor;
use crate::outbox::store::{missed, reading};
use crate::settings::NewsWanted;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Started(CampaignId, String),
    Finished {
        id: CampaignId,
        name: String,
        sent: i64,
        total: i64,
    },
    /// Its time passed while the computer slept: it waits for an answer.
    Missed(CampaignId, String),
    /// It paused itself.
    Stopped(CampaignId, String, StoppedFor),
    /// By its name, and its state as `LinkState::name` says it.
    NumberLost(String, String),
    CreditsLow(Low),
    /// The plan's was not made.
    BackupFailed(Problem),
    /// So many came since.
    Replies(i64),
}

/// Everything that may become news, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    campaigns: BTreeMap<CampaignId, Seen>,
    numbers: BTreeMap<SessionId, Line>,
    unread: i64,
    low: Option<(Low, i64)>,
    /// What was ever put in when the credits were first found to run low. It stays when they do not any more, because a
    /// campaign was cancelled, until something is put in.
    low_since: Option<i64>,
    /// Why the plan's last backup was not made.
    backup: Option<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    doing: Doing,
    stopped_for: Option<StoppedFor>,
    sent: i64,
    total: i64,
    /// Its owner is asked what becomes of it.
    asked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    state: String,
}

/// A number in this state comes back by its owner alone.
pub(super) fn is_lost(state: &str) -> bool {
    matches!(state, "logged_out" | "replaced" | "banned" | "locked" | "outdated" | "needs_attention")
}

/// What its owner is told when `before` has become `after`.
pub fn news(before: &Scene, after: &Scene, wanted: NewsWanted) -> Vec<News> {
    let campaigns = after.campaigns.iter().filter_map(|(id, seen)| of_campaign(*id, before.campaigns.get(id)?, seen));
    let numbers = after.numbers.iter().filter_map(|(id, line)| of_number(before.numbers.get(id)?, line));
    let came = after.unread - before.unread;
    let replies = (came > 0).then_some(News::Replies(came));
    let low = after.low.filter(|(_, granted)| before.low_since != Some(*granted));
    let backup = after.backup.clone().filter(|_| before.backup.is_none()).map(News::BackupFailed);
    let mut told = Vec::new();
    told.extend(campaigns.filter(|_| wanted.campaigns));
    told.extend(numbers.filter(|_| wanted.numbers));
    told.extend(low.map(|(low, _)| News::CreditsLow(low)).filter(|_| wanted.credits));
    told.extend(backup.filter(|_| wanted.backups));
    told.extend(replies.filter(|_| wanted.replies));
    told
}

/// Whoever starts one by hand sees it; one that was planned, or had to wait first, begins by itself.
fn of_campaign(id: CampaignId, before: &Seen, after: &Seen) -> Option<News> {
    match (before.doing, after.doing) {
        (Doing::Finished | Doing::Cancelled, _) => None,
        (_, Doing::Finished) => {
            Some(News::Finished { id, name: after.name.clone(), sent: after.sent, total: after.total })
        }
        _ if before.stopped_for != after.stopped_for => {
            after.stopped_for.map(|why| News::Stopped(id, after.name.clone(), why))
        }
        _ if after.asked && !before.asked => Some(News::Missed(id, after.name.clone())),
        (Doing::Planned | Doing::Waiting | Doing::Behind, Doing::Sending) if before.sent == 0 => {
            Some(News::Started(id, after.name.clone()))
        }
        _ => None,
    }
}

fn of_number(before: &Line, after: &Line) -> Option<News> {
    (!is_lost(&before.state) && is_lost(&after.state))
        .then(|| News::NumberLost(after.name.clone(), after.state.clone()))
}

impl Home {
    /// What became news since `scene`, which is brought up to this moment. The first look finds none.
    pub async fn news(&self, scene: &mut Option<Scene>) -> Result<Vec<News>, Problem> {
        let settings = self.settings().await?;
        if !settings.hours().is_open(self.now()) {
            return Ok(Vec::new());
        }
        let after = self.scene(scene.as_ref()).await?;
        let told = scene.as_ref().map(|before| news(before, &after, settings.news)).unwrap_or_default();
        *scene = Some(after);
        Ok(told)
    }

    /// With the campaigns in which something moves, and those in which something did at the last look.
    async fn scene(&self, before: Option<&Scene>) -> Result<Scene, Problem> {
        let numbers = self.numbers.list().await?;
        let mut reader = self.reader().await?;
        let mut queues = reading::waiting(&mut reader).await.map_err(StorageError::from)?;
        let moved = before.iter().flat_map(|scene| &scene.campaigns).filter(|(_, seen)| !seen.is_over());
        let gone: Vec<CampaignId> = moved.map(|(id, _)| *id).filter(|id| !queues.contains(id)).collect();
        queues.extend(gone);
        let waits = self.campaigns.waits(&mut reader).await?;
        let rows = self.campaigns.rows(&mut reader, &queues, &waits).await?;
        let unread = replies::counts(&mut reader).await.map_err(StorageError::from)?.unread;
        let asked = missed::unanswered(&mut reader, self.now()).await.map_err(StorageError::from)?;
        let asked: BTreeSet<CampaignId> = asked.into_iter().map(|(id, _)| id).collect();
        let low = running_low(&mut reader, self.now()).await.map_err(StorageError::from)?;
        let backup = failing(&mut reader).await.map_err(StorageError::from)?;
        Ok(Scene {
            low,
            low_since: low.map(|(_, granted)| granted).or(before.and_then(|scene| scene.low_since)),
            campaigns: rows.into_iter().map(|row| (row.id, seen(row, &asked))).collect(),
            numbers: numbers.into_iter().filter(|one| one.kind == NumberKind::Whatsapp).map(line).collect(),
            unread,
            backup,
        })
    }
}

impl Seen {
    fn is_over(&self) -> bool {
        matches!(self.doing, Doing::Finished | Doing::Cancelled)
    }
}

fn seen(row: CampaignRow, asked: &BTreeSet<CampaignId>) -> Seen {
    let total = row.counts.total() - row.counts.skipped;
    let (sent, asked) = (row.counts.accepted(), asked.contains(&row.id));
    Seen { doing: row.doing, stopped_for: row.stopped_for, sent, total, asked, name: row.name }
}

fn line(number: NumberView) -> (SessionId, Line) {
    (number.id, Line { name: number.name, state: number.state })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Params;
    use crate::ids::IdGenerator;

    const EVERYTHING: NewsWanted =
        NewsWanted { campaigns: true, numbers: true, replies: true, credits: true, backups: true };

    fn campaign(doing: Doing) -> Seen {
        Seen { name: "Autumn".to_owned(), doing, stopped_for: None, sent: 9, total: 10, asked: false }
    }

    #[test]
    fn a_campaign_is_news_when_it_begins_by_itself_and_when_it_ends() {
        let id = IdGenerator::at(0).next::<CampaignId>();
        let scene = |seen| Scene { campaigns: BTreeMap::from([(id, campaign(seen))]), ..Scene::default() };
        let told = |before, after| news(&scene(before), &scene(after), EVERYTHING);
        let ended = vec![News::Finished { id, name: "Autumn".to_owned(), sent: 9, total: 10 }];
        let none_sent = |doing| Scene {
            campaigns: BTreeMap::from([(id, Seen { sent: 0, ..campaign(doing) })]),
            ..Scene::default()
        };
        for before in [Doing::Planned, Doing::Waiting, Doing::Behind] {
            let told = news(&none_sent(before), &scene(Doing::Sending), EVERYTHING);
            assert_eq!(told, [News::Started(id, "Autumn".to_owned())], "{before:?}");
        }
        let asked = Scene {
            campaigns: BTreeMap::from([(id, Seen { asked: true, sent: 0, ..campaign(Doing::Waiting) })]),
            ..Scene::default()
        };
        assert_eq!(news(&none_sent(Doing::Planned), &asked, EVERYTHING), [News::Missed(id, "Autumn".to_owned())]);
        assert_eq!(news(&asked, &asked, EVERYTHING), [], "it is told once");
        assert_eq!(told(Doing::Sending, Doing::Finished), ended);
        assert_eq!(told(Doing::Planned, Doing::Finished), ended, "it was quicker than the look");
        let stopped = Scene {
            campaigns: BTreeMap::from([(
                id,
                Seen { stopped_for: Some(StoppedFor::Failures), ..campaign(Doing::Paused) },
            )]),
            ..Scene::default()
        };
        let by_itself = News::Stopped(id, "Autumn".to_owned(), StoppedFor::Failures);
        assert_eq!(news(&scene(Doing::Sending), &stopped, EVERYTHING), [by_itself]);
        assert_eq!(news(&stopped, &stopped, EVERYTHING), []);
        assert_eq!(news(&stopped, &scene(Doing::Sending), EVERYTHING), [], "its owner let it go on");
        for (before, after) in [
            (Doing::Finished, Doing::Finished),
            (Doing::Waiting, Doing::Sending),
            (Doing::Sending, Doing::Cancelled),
            (Doing::Paused, Doing::Sending),
            (Doing::Planned, Doing::Waiting),
        ] {
            assert_eq!(told(before, after), [], "{before:?} {after:?}");
        }
        assert_eq!(news(&Scene::default(), &scene(Doing::Sending), EVERYTHING), [], "its owner has just begun it");
    }

    #[test]
    fn a_number_is_news_when_it_is_lost_and_not_while_it_stays_so() {
        let id = IdGenerator::at(0).next::<SessionId>();
        let scene = |state: &str| Scene {
            numbers: BTreeMap::from([(id, Line { name: "Shop".to_owned(), state: state.to_owned() })]),
            ..Scene::default()
        };
        let lost = |state: &str| vec![News::NumberLost("Shop".to_owned(), state.to_owned())];
        assert_eq!(news(&scene("connected"), &scene("logged_out"), EVERYTHING), lost("logged_out"));
        assert_eq!(news(&scene("connecting"), &scene("needs_attention"), EVERYTHING), lost("needs_attention"));
        assert_eq!(news(&scene("banned"), &scene("logged_out"), EVERYTHING), []);
        assert_eq!(news(&scene("connected"), &scene("connecting"), EVERYTHING), []);
        let others = NewsWanted { numbers: false, ..EVERYTHING };
        assert_eq!(news(&scene("connected"), &scene("banned"), others), []);
    }

    #[test]
    fn replies_are_counted_and_told_to_who_wants_them() {
        let scene = |unread| Scene { unread, ..Scene::default() };
        assert_eq!(news(&scene(2), &scene(5), EVERYTHING), [News::Replies(3)]);
        assert_eq!(news(&scene(5), &scene(2), EVERYTHING), [], "they were read");
        assert_eq!(news(&scene(2), &scene(5), NewsWanted::default()), []);
    }

    #[test]
    fn a_backup_that_is_not_made_is_told_once_until_one_is() {
        let problem = |code: &str| Problem { code: code.to_owned(), message: String::new(), params: Params::new() };
        let scene = |code: Option<&str>| Scene { backup: code.map(problem), ..Scene::default() };
        let missing = "backup.no_folder";
        let told = vec![News::BackupFailed(problem(missing))];
        assert_eq!(news(&scene(None), &scene(Some(missing)), EVERYTHING), told);
        assert_eq!(news(&scene(Some(missing)), &scene(Some(missing)), EVERYTHING), []);
        assert_eq!(news(&scene(Some(missing)), &scene(Some("backup.full")), EVERYTHING), []);
        assert_eq!(news(&scene(Some(missing)), &scene(None), EVERYTHING), []);
        let others = NewsWanted { backups: false, ..EVERYTHING };
        assert_eq!(news(&scene(None), &scene(Some(missing)), others), []);
    }

    #[test]
    fn credits_that_run_low_are_told_once_until_some_are_put_in() {
        let few = Low { free: 90, days: Some(3) };
        let scene = |low: Option<i64>, since| Scene {
            low: low.map(|granted| (few, granted)),
            low_since: since,
            ..Scene::default()
        };
        let told = vec![News::CreditsLow(few)];
        assert_eq!(news(&scene(None, None), &scene(Some(500), Some(500)), EVERYTHING), told);
        assert_eq!(news(&scene(Some(500), Some(500)), &scene(Some(500), Some(500)), EVERYTHING), []);
        assert_eq!(
            news(&scene(None, Some(500)), &scene(Some(500), Some(500)), EVERYTHING),
            [],
            "what was held came back"
        );
        assert_eq!(news(&scene(None, Some(500)), &scene(Some(900), Some(900)), EVERYTHING), told);
        let others = NewsWanted { credits: false, ..EVERYTHING };
        assert_eq!(news(&scene(None, None), &scene(Some(500), Some(500)), others), []);
    }
}
