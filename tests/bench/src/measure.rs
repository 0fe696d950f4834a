//! Clocks, medians and the table. The only place that reads real time.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Since 1970.
pub fn wall_clock() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What all but one in twenty keep below.
pub fn p95(values: &[f64]) -> f64 {
    percentile(values, 95)
}

/// What so many of a hundred keep below.
pub fn percentile(values: &[f64], of_hundred: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * of_hundred).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Repetitions of the same work, ours and the yardstick's one right after the other.
#[derive(Default)]
pub struct Pairs {
    ours: Vec<f64>,
    yardstick: Vec<f64>,
}

impl Pairs {
    pub fn push(&mut self, ours: f64, yardstick: f64) {
        self.ours.push(ours);
        self.yardstick.push(yardstick);
    }

    /// The ratio is the median of the repetitions' ratios: what else the machine does weighs on neighbours alike.
    pub fn figure(&self, name: &str, goal: Option<f64>, note: String) -> Figure {
        let ratios: Vec<f64> = self.ours.iter().zip(&self.yardstick).map(|(ours, other)| ours / other).collect();
        Figure {
            name: name.to_owned(),
            unit: Unit::Seconds,
            value: median(&self.ours),
            yardstick: Some(median(&self.yardstick)),
            ratio: Some(median(&ratios)),
            goal,
            note,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    Seconds,
    Megabytes,
    Kilobytes,
    /// How often.
    Times,
    /// Nothing could be measured; the note says why.
    None,
}

/// A line of the table. `goal` is the most that the ratio may be, or the value where there is no ratio.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    pub name: String,
    pub unit: Unit,
    pub value: f64,
    pub yardstick: Option<f64>,
    pub ratio: Option<f64>,
    pub goal: Option<f64>,
    pub note: String,
}

impl Figure {
    pub fn plain(name: &str, unit: Unit, value: f64, goal: Option<f64>, note: String) -> Self {
        Self { name: name.to_owned(), unit, value, yardstick: None, ratio: None, goal, note }
    }

    pub fn not_measured(name: &str, why: &str) -> Self {
        Self::plain(name, Unit::None, 0.0, None, format!("not measured: {why}"))
    }

    pub fn is_met(&self) -> Option<bool> {
        Some(self.ratio.unwrap_or(self.value) <= self.goal?)
    }

    fn shown(&self, value: f64) -> String {
        match self.unit {
            Unit::Seconds if value < 0.001 => format!("{:.0} µs", value * 1e6),
            Unit::Seconds if value < 1.0 => format!("{:.1} ms", value * 1e3),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::Megabytes => format!("{value:.0} MB"),
            Unit::Kilobytes => format!("{value:.0} kB"),
            Unit::Times => format!("{value:.2}"),
            Unit::None => "–".to_owned(),
        }
    }
}

pub const HEADER: &str = "                                                   Ulak  yardstick   ratio    goal";

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yardstick = self.yardstick.map_or_else(String::new, |value| self.shown(value));
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let goal = match (self.goal, self.ratio) {
            (Some(goal), Some(_)) => format!("≤ {goal}"),
            (Some(goal), None) => format!("≤ {}", self.shown(goal)),
            (None, _) => String::new(),
        };
        let met = match self.is_met() {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "",
        };
        let (name, value, note) = (&self.name, self.shown(self.value), &self.note);
        write!(f, "{name:<45} {value:>9} {yardstick:>10} {ratio:>7} {goal:>9}  {met:<6}  {note}")
    }
}
