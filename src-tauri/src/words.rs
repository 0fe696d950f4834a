//! What the terminal says of waits and numbers, as the window says it.

use chrono_tz::Tz;
use ulak_core::app::{NumberKind, NumberView, ShutView, WarmUpView};
use ulak_core::campaign::live::{WaitKind, WaitView};
use ulak_core::clock::{Millis, local};
use ulak_core::outbox::state::SkipReason;
use ulak_core::session::cause::Cause;

/// The moment at which something is told, and the zone it is told in.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Millis,
    pub zone: Tz,
}

impl Moment {
    /// The time of day, with its date unless it is today.
    fn time(self, at: Millis) -> String {
        let (at, now) = (local(at, self.zone), local(self.now, self.zone));
        let format = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        at.format(format).to_string()
    }

    fn until(self, at: Option<Millis>) -> String {
        at.map_or_else(String::new, |at| format!(" until {}", self.time(at)))
    }
}

/// Why nothing is sent at this moment.
pub fn wait(wait: &WaitView, moment: Moment) -> String {
    let number = wait.session_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("the number");
    let until = moment.until(wait.until);
    let seconds = wait.until.map_or(0, |until| (until - moment.now).max(0) / 1000);
    match wait.kind {
        WaitKind::Nothing => "nothing to send".to_owned(),
        WaitKind::Sending => "sending".to_owned(),
        WaitKind::Pace => format!("next in {seconds} s"),
        WaitKind::Rest => format!("resting after a batch{until}"),
        WaitKind::Missed => format!(
            "missed while the computer slept or Ulak was closed; answer in the window, or it goes out at its next hours{until}"
        ),
        WaitKind::Hours => match &wait.country {
            Some(country) => format!("outside the sending hours in {country}{until}"),
            None => format!("outside the sending hours{until}"),
        },
        WaitKind::Cap => format!("the limit of {number} is reached{until}"),
        WaitKind::Due => format!("not due{until}"),
        WaitKind::Turn => format!("{} goes first", wait.behind.as_deref().unwrap_or("another message")),
        WaitKind::Checking => "all is sent; what became of some of it is being found out".to_owned(),
        WaitKind::Paused => "paused".to_owned(),
        WaitKind::PausedAll => "everything is paused".to_owned(),
        WaitKind::NoNumber => "no number is linked that may send it".to_owned(),
        WaitKind::NotConnected => format!("{number} is not connected"),
        WaitKind::NewChats => format!("WhatsApp lets {number} write to known people only{until}"),
        WaitKind::Shut => format!("WhatsApp asked {number} to stop{until}"),
        WaitKind::Unheard => format!("nobody answers {number}, which begins nothing new{until}"),
        WaitKind::Disk => "the disk is full".to_owned(),
        WaitKind::Locked => "another program keeps the data locked".to_owned(),
        WaitKind::ReadOnly => "Ulak may not write into its data folder".to_owned(),
        WaitKind::Damaged => "the data is damaged".to_owned(),
        WaitKind::Fault => "something in the data cannot be read".to_owned(),
    }
}

/// Why a person is skipped. A reason that this build does not know is said as it is kept.
pub fn skip(reason: &str, variable: Option<&str>) -> String {
    match (reason.parse(), variable) {
        (Ok(SkipReason::NoConsent), _) => "no recorded consent".to_owned(),
        (Ok(SkipReason::BlackList), _) => "on the black list".to_owned(),
        (Ok(SkipReason::GrayList), _) => "on the gray list".to_owned(),
        (Ok(SkipReason::MissingVariable), Some(variable)) => format!("{{{{{variable}}}}} is missing"),
        (Ok(SkipReason::MissingVariable), None) => "a variable is missing".to_owned(),
        (Ok(SkipReason::OptedOut), _) => "opted out".to_owned(),
        (Ok(SkipReason::Empty), _) => "nothing to send".to_owned(),
        (Ok(SkipReason::NotCovered), _) => "not covered by the free credits".to_owned(),
        (Ok(SkipReason::Promoted), _) => "got a promotion a short time ago".to_owned(),
        (Ok(SkipReason::SamePerson), _) => "the same WhatsApp account as another one of the audience".to_owned(),
        (Ok(SkipReason::SameOptions), _) => "two answers of the poll become the same".to_owned(),
        (Ok(SkipReason::MadeUp), _) => "made up to practise with".to_owned(),
        (Err(_), _) => reason.to_owned(),
    }
}

/// Why a part failed, waits for another try, or is in doubt. A word that this build does not know is said as it is kept.
pub fn cause(word: &str) -> String {
    word.parse().map_or_else(|_| word.to_owned(), |cause| cause_of(&cause))
}

fn cause_of(cause: &Cause) -> String {
    let words = match cause {
        Cause::NotConnected => "the number was not connected",
        Cause::Uploading => "the file is still being uploaded",
        Cause::HoursClosed => "the sending hours were over before it could go out",
        Cause::HeldBack => "it was paused, cancelled or not wanted any more before it could go out",
        Cause::AskedToStop => "they had asked for no more messages",
        Cause::MediaGone => "the file is no longer there",
        Cause::Unreadable => "it could not be read from the data",
        Cause::UploadFailed => "the file could not be uploaded",
        Cause::LookupFailed => "WhatsApp did not say whether the number is on WhatsApp",
        Cause::NotPrepared => "it could not be encrypted",
        Cause::NoKeys => "WhatsApp gave no keys for their phone, so it could not have read it",
        Cause::InvalidMessage => "WhatsApp cannot send it in this form",
        Cause::PracticeLog => "the practice number could not note it",
        Cause::NotOnWhatsapp => "not on WhatsApp",
        Cause::OtherPhone => "WhatsApp has them under another spelling of the phone",
        Cause::NewChatsLocked => "WhatsApp lets it begin no new chats",
        Cause::AllChatsLocked => "WhatsApp takes nothing from it",
        Cause::NewChatsUsedUp => "its new chats are used up",
        Cause::TooFast => "it was too fast for WhatsApp",
        Cause::Banned => "WhatsApp banned it",
        Cause::Unheard => "nobody answers it, it begins nothing new",
        Cause::ConnectionLost => "the connection dropped",
        Cause::NoAck | Cause::NoAnswer => "no answer in time",
        Cause::NotWritten => "it was cut off while it was handed to WhatsApp",
        Cause::Interrupted => "Ulak was closed while sending",
        Cause::EarlierPart => "an earlier part failed",
        Cause::ByMail => "no number could send it, so it was handed over to e-mail",
        Cause::OutcomeUnknown => "what became of it could not be found out; it may have arrived",
        Cause::Refused(code) => return format!("WhatsApp refused it for now (code {code})"),
        Cause::Rejected(code) => return format!("WhatsApp did not take the message (code {code})"),
    };
    words.to_owned()
}

/// How a number is, and what its owner can do about it.
pub fn number(number: &NumberView, moment: Moment) -> String {
    let state = state(number, moment);
    match &number.shut {
        Some(ShutView { cause, until }) => format!("{state}; {}{}", cause_of(cause), moment.until(*until)),
        None => state,
    }
}

fn state(number: &NumberView, moment: Moment) -> String {
    let again = number.next_try_at.map_or_else(String::new, |at| format!(", tried again at {}", moment.time(at)));
    let take_back = format!("`ulak numbers reconnect {}`", quoted(called(number)));
    match number.state.as_str() {
        "connected" if number.is_primary => "connected, sends first".to_owned(),
        "connected" => "connected".to_owned(),
        "slow" => "connected, WhatsApp answers slowly".to_owned(),
        "connecting" => "connecting".to_owned(),
        "linking" => "being linked".to_owned(),
        "disconnected" => format!("not connected{again}"),
        "logged_out" => "logged out by WhatsApp: link it again with `ulak link`".to_owned(),
        "replaced" => format!("replaced: another program uses this link; close that one, then {take_back}"),
        "locked" => format!("locked by WhatsApp: open WhatsApp on its phone, then {take_back}"),
        "banned" => banned(number, moment),
        "outdated" => format!("WhatsApp wants a newer Ulak{again}"),
        _ => format!("cannot be reached after {} tries{again}", number.tries),
    }
}

fn banned(number: &NumberView, moment: Moment) -> String {
    match &number.ban {
        Some(ban) if ban.until.is_some() => {
            format!("banned by WhatsApp (code {}){}, then connected by itself", ban.code, moment.until(ban.until))
        }
        Some(ban) => format!("banned by WhatsApp (code {})", ban.code),
        None => "banned by WhatsApp".to_owned(),
    }
}

/// What of a number's view deserves a line of its own, each with its name.
pub fn facts(number: &NumberView, moment: Moment) -> Vec<(&'static str, String)> {
    let mut facts = vec![("today", today(number)), ("pace", pace(number))];
    let mut add = |name: &'static str, fact: Option<String>| facts.extend(fact.map(|fact| (name, fact)));
    let warming = |WarmUpView { day, days, hourly, daily }| {
        format!("day {day} of {days}: up to {hourly} an hour and {daily} a day")
    };
    add("warm-up", number.warm_up.map(warming));
    add("since", number.since.map(|at| moment.time(at)));
    add("new chats", new_chats(number, moment));
    add("no new chats", number.limits.locked_until.map(|at| format!("until {}", moment.time(at))));
    add("last active", number.last_activity_at.map(|at| moment.time(at)));
    add("answers in", number.respond_ms.map(|ms| format!("{ms} ms")));
    add("phone used", number.phone_seen_at.map(|at| moment.time(at)));
    add("linked", number.linked_at.map(|at| moment.time(at)));
    add("careful", number.phone_warning.then(|| "open WhatsApp on its phone, or it will be unlinked".to_owned()));
    add("idle", number.idle_warning.then(|| "nothing happened for a day".to_owned()));
    if number.kind == NumberKind::Whatsapp {
        let chosen = [(number.typing, "shows typing"), (number.take_names, "takes names from the phone")];
        let chosen: Vec<&str> = chosen.into_iter().filter(|(on, _)| *on).map(|(_, what)| what).collect();
        add("chosen", (!chosen.is_empty()).then(|| chosen.join(", ")));
    }
    facts
}

fn today(number: &NumberView) -> String {
    let NumberView { sent_today, errors_today, share_percent, .. } = number;
    format!("{sent_today} sent, {errors_today} failed, {share_percent} % of the traffic; priority {}", number.priority)
}

fn pace(number: &NumberView) -> String {
    let pace = &number.pace;
    let mut said = format!("{}–{} s", pace.min_ms / 1000, pace.max_ms / 1000);
    if pace.batch > 0 {
        said += &format!(", rests {} s after {}", pace.rest_ms / 1000, pace.batch);
    }
    for (cap, span) in [(pace.hourly_cap, "an hour"), (pace.daily_cap, "a day")] {
        if cap > 0 {
            said += &format!(", at most {cap} {span}");
        }
    }
    said
}

fn new_chats(number: &NumberView, moment: Moment) -> Option<String> {
    let limits = &number.limits;
    let used = limits.new_chats_used?;
    let of = limits.new_chats_quota.map_or_else(String::new, |quota| format!(" of {quota}"));
    let renewed = limits.quota_renews_at.map_or_else(String::new, |at| format!(", new at {}", moment.time(at)));
    Some(format!("{used}{of} used{renewed}"))
}

/// What its owner calls it.
pub fn called(number: &NumberView) -> &str {
    match number.kind {
        NumberKind::Practice if number.name.is_empty() => "practice number",
        _ if number.name.is_empty() => &number.phone,
        _ => &number.name,
    }
}

fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() }
}
