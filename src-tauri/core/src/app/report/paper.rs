//! The report of a campaign on paper.

use chrono_tz::Tz;

use super::stamp;
use crate::campaign::report::{CampaignReport, Cost, Speed};
use crate::clock::{DAY, HOUR, MINUTE, Millis, local};
use crate::ledger::Book;
use crate::messages::Messages;
use crate::paper::{Bar, Block, Column, Figure, Paper, Plain, Table, Tint, Value};

pub fn of(report: &CampaignReport, words: &Messages, zone: Tz, business: &str) -> Paper {
    let view = &report.view;
    let book = if view.practice { Book::Practice } else { Book::Real };
    let name = if view.name.is_empty() { words.say("campaigns_untitled", &[]) } else { view.name.clone() };
    let mut blocks = vec![
        figures(report, words),
        funnel(report, words),
        speed(&report.reading, "report_time_to_read", "report_half_read", words),
        speed(&report.delivery, "report_time_to_deliver", "report_half_delivered", words),
        hours(report, words),
    ];
    blocks.extend(reasons(report, words));
    blocks.extend(answers(report, words));
    blocks.push(credits(report, words));
    Paper {
        title: name,
        subtitle: when(report, words, zone),
        stamp: stamp(book, words),
        foot: if business.is_empty() { "Ulak".to_owned() } else { format!("{business} · Ulak") },
        language: words.tag().to_owned(),
        blocks,
    }
}

pub fn moment(at: Millis, words: &Messages, zone: Tz) -> String {
    use chrono::Timelike;
    let at = local(at, zone);
    format!("{} {}", words.day(at.date_naive()), words.clock(at.hour(), at.minute()))
}

fn when(report: &CampaignReport, words: &Messages, zone: Tz) -> String {
    let numbers: Vec<&str> =
        report.view.sessions.iter().map(|session| session.name.as_str()).filter(|name| !name.is_empty()).collect();
    let from = report.view.started_at.unwrap_or(report.view.due_at);
    let span = match report.view.finished_at {
        Some(to) => {
            words.say("report_from_to", &[("from", &moment(from, words, zone)), ("to", &moment(to, words, zone))])
        }
        None => words.say("report_since", &[("from", &moment(from, words, zone))]),
    };
    if numbers.is_empty() { span } else { format!("{span} · {}", numbers.join(", ")) }
}

/// How far people came: each counts in all that lie before it.
pub struct Funnel {
    pub people: i64,
    pub sent: i64,
    pub delivered: i64,
    pub read: i64,
    pub answered: i64,
}

pub fn reached(report: &CampaignReport) -> Funnel {
    let counts = &report.view.counts;
    let read = counts.read + counts.played;
    let delivered = read + counts.delivered;
    Funnel {
        people: report.view.people,
        sent: delivered + counts.sent,
        delivered,
        read,
        answered: report.view.answers.replied,
    }
}

fn figures(report: &CampaignReport, words: &Messages) -> Block {
    let funnel = reached(report);
    let figure = |key: &str, value: i64| Figure { label: words.say(key, &[]), value: number(value, words) };
    Block::Figures(vec![
        figure("report_audience", funnel.people),
        figure("tick_sent", funnel.sent),
        figure("tick_delivered", funnel.delivered),
        figure("tick_read", funnel.read),
        figure("report_answered", funnel.answered),
    ])
}

fn funnel(report: &CampaignReport, words: &Messages) -> Block {
    let Funnel { people, sent, delivered, read, answered } = reached(report);
    let bar = |key: &str, value: i64, of: i64, tint: Tint| Bar {
        label: words.say(key, &[]),
        value: number(value, words),
        permille: permille(value, people),
        note: if of > 0 { words.percent(value, of) } else { String::new() },
        tint,
    };
    Block::Bars {
        title: words.say("report_funnel", &[]),
        note: words.say("report_of_sent", &[]),
        bars: vec![
            bar("report_audience", people, 0, Tint::Plain),
            bar("tick_sent", sent, people, Tint::Plain),
            bar("tick_delivered", delivered, sent, Tint::Plain),
            bar("report_read_at_least", read, sent, Tint::Read),
            bar("report_answered", answered, sent, Tint::Accent),
        ],
    }
}

fn permille(value: i64, most: i64) -> u16 {
    u16::try_from((value * 1_000).checked_div(most).unwrap_or_default()).unwrap_or(1_000)
}

/// 10 s, 5 min, 2 h, 1 d
pub fn span(ms: Millis, words: &Messages) -> String {
    let (key, name, unit) = match ms {
        _ if ms >= DAY => ("duration_d", "d", DAY),
        _ if ms >= HOUR => ("duration_h", "h", HOUR),
        _ if ms >= MINUTE => ("duration_min", "min", MINUTE),
        _ => ("duration_s", "s", 1_000),
    };
    words.say(key, &[(name, &words.number(ms / unit))])
}

fn speed(speed: &Speed, title: &str, half: &str, words: &Messages) -> Block {
    let most = speed.steps.iter().map(|step| step.people).max().unwrap_or_default();
    let bars = speed.steps.iter().map(|step| Bar {
        label: step.within.map_or_else(
            || words.say("report_later", &[]),
            |within| words.say("report_within", &[("span", &span(within, words))]),
        ),
        value: number(step.people, words),
        permille: permille(step.people, most),
        note: String::new(),
        tint: Tint::Read,
    });
    let note = speed.half.map(|within| words.say(half, &[("span", &span(within, words))]));
    Block::Bars { title: words.say(title, &[]), note: note.unwrap_or_default(), bars: bars.collect() }
}

fn hours(report: &CampaignReport, words: &Messages) -> Block {
    let note = report.best.map(|best| {
        let (from, to) = (words.clock(best.from, 0), words.clock(best.to, 0));
        let read = reached(report).read;
        let filled = [("from", from), ("to", to), ("n", words.number(best.read)), ("all", words.number(read))];
        words.say("report_best_hours", &filled.each_ref().map(|(name, value)| (*name, value.as_str())))
    });
    Block::Hours {
        title: words.say("report_when_read", &[]),
        note: note.unwrap_or_default(),
        values: report.hours.iter().map(|hour| hour.read).collect(),
    }
}

fn counted(title: &str, label: &str, rows: Vec<(String, i64)>, all: i64, words: &Messages) -> Option<Block> {
    if rows.is_empty() {
        return None;
    }
    let row = |(label, people): (String, i64)| vec![label.into(), number(people, words)];
    Some(Block::Table(Table {
        title: words.say(title, &[]),
        columns: vec![
            Column { label: words.say(label, &[]), share: 5, end: false },
            Column { label: words.say("report_people", &[]), share: 1, end: true },
        ],
        rows: rows.into_iter().map(row).collect(),
        together: Some(row((words.say("report_together", &[]), all))),
    }))
}

/// With a capital letter at its beginning, as the language has it.
fn capital(text: &str, words: &Messages) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some('i') if words.tag() == "tr" => format!("İ{}", letters.as_str()),
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The words of a cause.
pub fn cause(code: &str, words: &Messages) -> String {
    for (prefix, key) in [("refused_", "live_cause_refused"), ("rejected_", "live_cause_rejected")] {
        if let Some(code) = code.strip_prefix(prefix) {
            return words.say(key, &[("code", code)]);
        }
    }
    let key = format!("live_cause_{code}");
    if words.has(&key) { words.say(&key, &[]) } else { code.to_owned() }
}

pub fn skip(reason: &str, variable: Option<&str>, words: &Messages) -> String {
    match (reason, variable) {
        ("missing_variable", Some(variable)) => words.say("skip_missing_variable", &[("variable", variable)]),
        ("missing_variable", None) => words.say("skip_missing", &[]),
        _ => words.say(&format!("skip_{reason}"), &[]),
    }
}

fn reasons(report: &CampaignReport, words: &Messages) -> Vec<Block> {
    let counts = &report.view.counts;
    let failed = report
        .view
        .causes
        .iter()
        .map(|line| (capital(&cause(&line.cause.to_string(), words), words), line.people))
        .collect();
    let skipped = report.view.skipped.iter();
    let skipped = skipped
        .map(|line| (capital(&skip(line.reason.as_str(), line.variable.as_deref(), words), words), line.people))
        .collect();
    let blocks = [
        counted("live_failed_title", "log_reason", failed, counts.failed, words),
        counted("live_skipped_title", "log_reason", skipped, counts.skipped, words),
    ];
    blocks.into_iter().flatten().collect()
}

fn answers(report: &CampaignReport, words: &Messages) -> Option<Block> {
    let answers = &report.view.answers;
    let mut rows: Vec<(String, i64)> =
        answers.chosen.iter().map(|chosen| (chosen.option.clone(), chosen.people)).collect();
    let others = [("report_own_words", report.own_words), ("report_opted_out", answers.opted_out)];
    rows.extend(
        others.into_iter().filter(|(_, people)| *people > 0).map(|(key, people)| (words.say(key, &[]), people)),
    );
    // Whoever chose an answer and opted out stands in both lines, and is one person.
    counted("live_answers_title", "report_answer", rows, answers.replied, words)
}

fn amount(cost: &Cost, ten_thousandths: i64, words: &Messages) -> Value {
    let amount = words.money(ten_thousandths);
    let shown = if cost.currency.is_empty() { amount } else { format!("{} {amount}", cost.currency) };
    Value { shown, plain: Plain::Amount(ten_thousandths, cost.currency.clone()) }
}

pub fn number(value: i64, words: &Messages) -> Value {
    Value { shown: words.number(value), plain: Plain::Number(value) }
}

fn credits(report: &CampaignReport, words: &Messages) -> Block {
    let credits = &report.view.credits;
    let line = |key: &str, value: Value| vec![words.say(key, &[]).into(), value];
    let mut rows = vec![
        line("live_credits_settled", number(credits.settled, words)),
        line("live_credits_held", number(credits.held, words)),
        line("live_credits_released", number(credits.released, words)),
    ];
    if let Some(cost) = &report.cost {
        rows.push(line("report_per_credit", amount(cost, cost.per_credit, words)));
        rows.push(line("report_cost", amount(cost, cost.whole, words)));
        rows.extend(cost.per_delivered.map(|each| line("report_per_delivered", amount(cost, each, words))));
    }
    Block::Table(Table {
        title: words.say("live_credits_title", &[]),
        columns: vec![
            Column { label: String::new(), share: 3, end: false },
            Column { label: String::new(), share: 2, end: true },
        ],
        rows,
        together: None,
    })
}
