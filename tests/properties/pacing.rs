//! Whatever campaigns, hours, closed days, caps, warm-ups, pauses, sleeps, set clocks and crashes come together: every
//! send keeps every rule. The rules stand here as the owner would say them, on a clock of the wall, and not as the
//! planner reckons them.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use proptest::prelude::*;
use ulak_core::app::{MissedAnswer, Problem};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::category::Category;
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use ulak_core::ids::CampaignId;
use ulak_core::outbox::window::DayHours;
use ulak_core::session::Pace;
use ulak_core::settings::{ClosedDay, Weekday};
use ulak_core::testing::World;

/// Monday, the 9th of November 2026, 08:00 UTC.
const MONDAY: Millis = 1_794_211_200_000;
const PEOPLE: usize = 6;

#[derive(Clone, Debug)]
struct Wish {
    priority: u8,
    due_in: Millis,
    own: Option<DayHours>,
    /// On each person's own clock.
    local: bool,
}

#[derive(Clone, Debug)]
enum Event {
    /// Ulak runs for so long.
    Run(Millis),
    /// The computer sleeps, or the clock jumps ahead.
    Sleep(Millis),
    /// The clock is set back.
    Back(Millis),
    Crash,
    Pause(usize),
    Resume(usize),
    PauseAll,
    ResumeAll,
    Answer(u8),
}

#[derive(Clone, Debug)]
struct Shop {
    usual: DayHours,
    weekday: Weekday,
    closed_in: u64,
    pace: Pace,
    warms_up: bool,
    wishes: Vec<Wish>,
    events: Vec<Event>,
}

fn hours() -> impl Strategy<Value = DayHours> {
    // At least six hours, from any half hour on, so over midnight too.
    (0u16..48, 12u16..44).prop_map(|(from, open)| DayHours { from: from * 30, to: (from + open) * 30 % 1440 })
}

fn pace() -> impl Strategy<Value = Pace> {
    (1u32..120, 0u32..60, 0u32..5, 0u32..40, prop::option::of(1u32..5), prop::option::of(2u32..12)).prop_map(
        |(min, width, batch, rest, hourly, daily)| Pace {
            min_ms: Millis::from(min) * SECOND,
            max_ms: Millis::from(min + width) * SECOND,
            batch,
            rest_ms: Millis::from(rest) * MINUTE,
            hourly_cap: hourly.unwrap_or(0),
            daily_cap: daily.unwrap_or(0),
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1i64..300).prop_map(|minutes| Event::Run(minutes * 10 * MINUTE)),
        3 => (1i64..200).prop_map(|minutes| Event::Sleep(minutes * 7 * MINUTE)),
        1 => (1i64..180).prop_map(|minutes| Event::Back(minutes * MINUTE)),
        2 => Just(Event::Crash),
        1 => (0usize..3).prop_map(Event::Pause),
        2 => (0usize..3).prop_map(Event::Resume),
        1 => Just(Event::PauseAll),
        2 => Just(Event::ResumeAll),
        2 => (0u8..3).prop_map(Event::Answer),
    ]
}

fn shops() -> impl Strategy<Value = Shop> {
    let wish = (4u8..=6, 0i64..100, prop::option::of(hours()), any::<bool>());
    let wish = wish.prop_map(|(priority, half_hours, own, local)| Wish {
        priority,
        due_in: half_hours * 30 * MINUTE,
        own,
        local,
    });
    let weekday = (1u8..=7, prop::option::of(hours())).prop_map(|(day, hours)| Weekday { day, hours });
    let calendar = (hours(), weekday, 0u64..10);
    let sending = (pace(), any::<bool>(), prop::collection::vec(wish, 1..4), prop::collection::vec(event(), 4..14));
    (calendar, sending).prop_map(|((usual, weekday, closed_in), (pace, warms_up, wishes, events))| Shop {
        usual,
        weekday,
        closed_in,
        pace,
        warms_up,
        wishes,
        events,
    })
}

/// Minute by minute, as a clock on the wall goes.
fn is_inside(hours: DayHours, minute: u16) -> bool {
    if hours.from == hours.to {
        return true;
    }
    if hours.from < hours.to {
        (hours.from..hours.to).contains(&minute)
    } else {
        minute >= hours.from || minute < hours.to
    }
}

impl Shop {
    fn closed(&self) -> NaiveDate {
        DateTime::from_timestamp_millis(MONDAY).unwrap().date_naive() + chrono::Days::new(self.closed_in)
    }

    fn hours_on(&self, day: NaiveDate) -> Option<DayHours> {
        if day == self.closed() {
            return None;
        }
        let weekday = u8::try_from(day.weekday().number_from_monday()).unwrap();
        if self.weekday.day == weekday { self.weekday.hours } else { Some(self.usual) }
    }

    /// Whether the owner lets anything out at this moment: by the hours of this day, or by those of the night before.
    fn is_open(&self, at: Millis) -> bool {
        let wall = DateTime::from_timestamp_millis(at).unwrap();
        let (day, minute) = (wall.date_naive(), u16::try_from(wall.hour() * 60 + wall.minute()).unwrap());
        if day == self.closed() {
            return false;
        }
        let overnight = |hours: DayHours| hours.to < hours.from;
        let today = self.hours_on(day).is_some_and(|hours| {
            hours.from == hours.to || if overnight(hours) { minute >= hours.from } else { is_inside(hours, minute) }
        });
        let night = self.hours_on(day.pred_opt().unwrap()).is_some_and(|hours| overnight(hours) && minute < hours.to);
        today || night
    }
}

/// So far the clock of whoever has the phone is ahead of the owner's, the whole year.
fn ahead(phone: &str) -> Millis {
    if phone.starts_with("+81") { 9 * HOUR } else { 3 * HOUR }
}

/// One send, with what was true of its campaign when it went out.
struct Seen {
    at: Millis,
    /// How often the clock had been set back by then: times before and after it cannot be compared.
    era: usize,
    text: String,
    to: String,
}

struct Run {
    world: World,
    ids: Vec<CampaignId>,
    texts: Vec<String>,
    /// Missed campaigns that waited for an answer when time went on, and when they go without one.
    held: Vec<(String, Millis)>,
    paused: Vec<bool>,
    all_paused: bool,
    era: usize,
    seen: Vec<Seen>,
    taken: usize,
}

async fn begin(shop: &Shop) -> Result<Run, Problem> {
    let world = World::with_numbers(MONDAY, &[shop.pace]).await?;
    let number = world.numbers[0].id;
    if shop.warms_up {
        world.warms_up(number, MONDAY).await?;
    }
    let mut settings = world.app.settings().current().await?;
    (settings.hours_from, settings.hours_to, settings.zone) = (shop.usual.from, shop.usual.to, chrono_tz::Tz::UTC);
    settings.weekdays = vec![shop.weekday];
    settings.closed_days = vec![ClosedDay { day: shop.closed(), name: String::new() }];
    world.app.settings().save_settings(&settings).await?;
    world.contacts(PEOPLE / 2).await?;
    for number in 0..PEOPLE / 2 {
        world.contact(&format!("Kenji {number}"), &format!("+8190123451{number:02}")).await?;
    }
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for (place, wish) in shop.wishes.iter().enumerate() {
        let edit = |edit: &mut DraftEdit| {
            (edit.priority, edit.hours, edit.local_hours) = (wish.priority, wish.own, wish.local);
            (edit.category, edit.session_ids) = (Category::Notification, vec![number]);
            edit.due_at = Some(MONDAY + HOUR + wish.due_in);
        };
        let text = format!("Campaign {place}");
        let id = world.draft(&text, edit).await?.id;
        match world.app.campaigns().schedule_campaign(id, false).await {
            Ok(_) => {
                ids.push(id);
                texts.push(text);
            }
            // Its own hours and the owner's have no time in common.
            Err(problem) if problem.code == "campaign.never_open" => {}
            Err(problem) => return Err(problem),
        }
    }
    let paused = vec![false; ids.len()];
    Ok(Run { world, ids, texts, held: Vec::new(), paused, all_paused: false, era: 0, seen: Vec::new(), taken: 0 })
}

impl Run {
    async fn apply(mut self, shop: &Shop, event: &Event) -> Result<Self, Problem> {
        let now = self.world.app.now();
        let asked = self.world.app.campaigns().missed().await?;
        let place = |id| self.ids.iter().position(|known| *known == id).unwrap();
        self.held = asked.iter().map(|missed| (self.texts[place(missed.id)].clone(), missed.goes_at)).collect();
        match *event {
            Event::Run(span) => self.world.run_until(now + span).await?,
            Event::Sleep(span) => self.world.sleep(now + span).await,
            Event::Back(span) => {
                self.world.clock.set(now - span);
                self.era += 1;
            }
            Event::Crash => {
                // What is on its way is lost with the run, and repeated under its own wire id.
                self.world = self.world.restart().await?;
            }
            Event::Pause(place) if place < self.ids.len() => {
                self.paused[place] |= self.world.app.campaigns().pause_campaign(self.ids[place]).await.is_ok();
            }
            Event::Resume(place) if place < self.ids.len() => {
                let resumed = self.world.app.campaigns().resume_campaign(self.ids[place]).await;
                self.paused[place] &= resumed.is_err();
            }
            Event::Pause(_) | Event::Resume(_) => {}
            Event::PauseAll => {
                self.world.app.outbox().pause_everything().await?;
                self.all_paused = true;
            }
            Event::ResumeAll => {
                self.world.app.outbox().resume_everything().await?;
                self.all_paused = false;
            }
            Event::Answer(answer) => {
                for missed in self.world.app.campaigns().missed().await? {
                    let answer = match answer {
                        0 => MissedAnswer::Now,
                        1 => MissedAnswer::NextWindow,
                        _ => MissedAnswer::At { at: now + 5 * HOUR },
                    };
                    self.world.app.campaigns().answer_missed(missed.id, answer).await?;
                }
            }
        }
        self.look(shop, event);
        Ok(self)
    }

    /// What went out since the last look, against every rule.
    fn look(&mut self, shop: &Shop, event: &Event) {
        let sent = self.world.numbers[0].phone.sent();
        for one in &sent[self.taken..] {
            let text = one.text.clone().unwrap();
            let wish: usize = text.rsplit(' ').next().unwrap().parse().unwrap();
            let wish = &shop.wishes[wish];
            let there = one.at + if wish.local { ahead(&one.to) } else { 0 };
            let minute = u16::try_from(there.rem_euclid(DAY) / MINUTE).unwrap();
            assert!(shop.is_open(there), "outside the owner's hours at {} after {event:?}", one.at);
            assert!(wish.own.is_none_or(|own| is_inside(own, minute)), "outside the campaign's hours");
            assert!(self.era > 0 || one.at >= MONDAY + HOUR + wish.due_in, "before its time");
            assert!(!self.all_paused, "while everything was paused");
            let held = self.held.iter().find(|(held, _)| *held == text);
            assert!(held.is_none_or(|(_, goes_at)| one.at >= *goes_at), "before the owner answered");
            self.keeps_distance(shop, one.at);
            assert!(!self.seen.iter().any(|seen| seen.text == text && seen.to == one.to), "twice to one person");
            self.seen.push(Seen { at: one.at, era: self.era, text, to: one.to.clone() });
        }
        self.taken = sent.len();
    }

    fn keeps_distance(&self, shop: &Shop, at: Millis) {
        let before: Vec<Millis> = self.seen.iter().filter(|seen| seen.era == self.era).map(|seen| seen.at).collect();
        if let Some(last) = before.last() {
            assert!(at - last >= shop.pace.min_ms, "closer than the pace");
        }
        let within = |span: Millis| before.iter().filter(|seen| at - **seen < span).count();
        let cap = |cap: u32| if cap == 0 { usize::MAX } else { cap as usize };
        assert!(within(HOUR) < cap(shop.pace.hourly_cap), "more than the hour allows");
        assert!(within(DAY) < cap(shop.pace.daily_cap), "more than the day allows");
        if shop.warms_up && self.era == 0 && at < MONDAY + DAY {
            assert!(within(HOUR) < 20 && within(DAY) < 50, "more than the first day allows");
        }
        if shop.pace.batch > 0 && before.len() >= shop.pace.batch as usize && self.era == 0 {
            let batch = shop.pace.batch as usize;
            let rests = (0..batch).any(|back| {
                let from = before.len() - 1 - back;
                let to = before.get(from + 1).copied().unwrap_or(at);
                to - before[from] >= shop.pace.rest_ms
            });
            assert!(rests, "no rest in {batch} sends and one more");
        }
    }

    /// Let alone for long enough, everybody gets everything once.
    async fn end(mut self, shop: &Shop) -> Result<(), Problem> {
        self.world.app.outbox().resume_everything().await?;
        (self.all_paused, self.held) = (false, Vec::new());
        for id in self.ids.clone() {
            let _ = self.world.app.campaigns().resume_campaign(id).await;
        }
        let now = self.world.app.now();
        self.world.run_until(now + 400 * DAY).await?;
        self.look(shop, &Event::Run(400 * DAY));
        assert_eq!(self.seen.len(), self.ids.len() * PEOPLE, "not everybody got everything");
        self.world.app.credits().ledger_holds().await
    }
}

async fn live_through(shop: &Shop) -> Result<(), Problem> {
    let mut run = begin(shop).await?;
    for event in &shop.events {
        run = run.apply(shop, event).await?;
    }
    run.end(shop).await
}

/// `cargo xtask test --long` lives through thousands.
fn scenarios() -> u32 {
    std::env::var("ULAK_SCENARIOS").ok().and_then(|count| count.parse().ok()).unwrap_or(12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scenarios()))]

    #[test]
    fn every_send_keeps_every_rule(shop in shops()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live_through(&shop)).unwrap();
    }
}
