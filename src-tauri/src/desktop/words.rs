//! What is new as words, in the owner's language: from the window's own messages.

use ulak_core::app::news::News;
use ulak_core::messages::Messages;
use ulak_core::settings::Language;

pub struct Telling {
    pub title: String,
    pub body: String,
    /// What a click does.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "elsewhere a click has no name"))]
    pub open: String,
    /// Where it leads.
    pub page: String,
}

pub fn telling(news: &News, language: Language) -> Telling {
    let messages = Messages::of(language.as_str());
    // A name comes last, because it may hold anything.
    let say = |key: &str, filled: &[(&str, &str)]| messages.say(key, filled);
    let (title, body, page) = match news {
        News::Started(id, name) => (say("news_started", &[]), name.clone(), format!("/campaigns/{id}")),
        News::Finished { id, name, sent, total } => {
            let (sent, total) = (messages.number(*sent), messages.number(*total));
            let body = say("news_finished_text", &[("sent", &sent), ("total", &total), ("name", name)]);
            (say("news_finished", &[]), body, format!("/campaigns/{id}"))
        }
        News::Missed(id, name) => {
            (say("news_missed", &[]), say("news_missed_text", &[("name", name)]), format!("/campaigns/{id}"))
        }
        News::Stopped(id, name, why) => {
            let why = say(&format!("news_stopped_{}", why.as_str()), &[]);
            (say("news_stopped", &[]), format!("{name}: {why}"), format!("/campaigns/{id}"))
        }
        News::NumberLost(name, state) => {
            let state = say(&format!("numbers_state_{state}"), &[]);
            let body = say("news_number_text", &[("state", &state), ("name", name)]);
            (say("news_number", &[]), body, "/numbers".to_owned())
        }
        News::CreditsLow(low) => {
            let free = messages.number(low.free);
            let body = match low.days {
                Some(days) => say("news_low_text_days", &[("free", &free), ("days", &messages.number(days))]),
                None => say("news_low_text", &[("free", &free)]),
            };
            (say("news_low", &[]), body, "/credits".to_owned())
        }
        News::BackupFailed(problem) => {
            (say("news_backup", &[]), messages.problem(problem), "/settings/safety".to_owned())
        }
        News::Replies(count) => {
            let body = say("news_replies_text", &[("count", &messages.number(*count))]);
            (say("news_replies", &[]), body, "/replies?show=unread".to_owned())
        }
    };
    Telling { title, body, open: say("news_open", &[]), page }
}

/// That Ulak goes on without its window, and how it is ended.
pub fn closing(way: &str, language: Language) -> Telling {
    let messages = Messages::of(language.as_str());
    let say = |key: &str| messages.say(key, &[]);
    let (title, body) = (say("closing_title"), say(&format!("closing_{way}")));
    Telling { title, body, open: say("news_open"), page: "/home".to_owned() }
}

#[cfg(test)]
mod tests {
    use ulak_core::backup::BackupError;
    use ulak_core::error::Problem;
    use ulak_core::ids::CampaignId;
    use ulak_core::ledger::low::Low;
    use ulak_core::outbox::stopping::StoppedFor;

    use super::*;

    #[test]
    fn everything_is_said_whole_in_three_languages() {
        let id: CampaignId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
        let lost = ["logged_out", "replaced", "banned", "locked", "outdated", "needs_attention"];
        let lost = lost.map(|state| News::NumberLost("Toko {total}".to_owned(), state.to_owned()));
        let others = [
            News::Started(id, "Güz".to_owned()),
            News::Missed(id, "Güz".to_owned()),
            News::Finished { id, name: "Güz".to_owned(), sent: 9, total: 10 },
            News::Replies(3),
            News::CreditsLow(Low { free: 90, days: Some(3) }),
            News::CreditsLow(Low { free: -4, days: None }),
            News::Stopped(id, "Güz".to_owned(), StoppedFor::Failures),
            News::Stopped(id, "Güz".to_owned(), StoppedFor::OptOuts),
            News::BackupFailed(Problem::of(&BackupError::NoFolder { folder: "/media/stick".to_owned() })),
        ];
        for news in lost.iter().chain(&others) {
            let [en, tr, indonesian] =
                [Language::En, Language::Tr, Language::Id].map(|language| telling(news, language));
            for said in [&en, &tr, &indonesian] {
                assert!(!said.title.contains('_') && !said.body.contains('_'), "{} {}", said.title, said.body);
                assert!(!said.open.is_empty() && said.page.starts_with('/'));
            }
            assert!(en.title != tr.title && tr.title != indonesian.title, "{}", en.title);
        }
    }

    #[test]
    fn numbers_and_names_stand_in_what_is_said() {
        let finished = News::Finished {
            id: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
            name: "Güz {sent}".to_owned(),
            sent: 9,
            total: 10,
        };
        let said = telling(&finished, Language::En);
        assert!(
            said.body.contains('9') && said.body.contains("10") && said.body.contains("Güz {sent}"),
            "{}",
            said.body
        );
        assert_eq!(said.page, "/campaigns/01890000-0000-7000-8000-000000000000");
    }
}
