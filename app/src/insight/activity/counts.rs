//! Counted visits added up: by what decided, by the time and by the flow.

use time::OffsetDateTime;

use crate::{
    insight::range::Range,
    redirects::{Flow, Source},
};

/// How often visits of a flow were decided by a source, in one hour or day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitCount {
    /// The beginning of the hour or day.
    pub at: OffsetDateTime,
    /// The flow.
    pub flow: Flow,
    /// The source of the targets.
    pub source: Source,
    /// How often.
    pub visits: u64,
    /// How many of them asked for a place that was refused.
    pub refused: u64,
}

/// What decided where a visit ended, as the chart tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// `redirect_url`, or its forced form.
    RedirectUrl,
    /// The stored fallback redirect.
    Stored,
    /// A fallback in the link.
    InLink,
    /// The home URL.
    Home,
}

impl DecidedBy {
    /// All of them, in the order of the chart from the bottom.
    pub const ALL: [Self; 4] = [Self::RedirectUrl, Self::Stored, Self::InLink, Self::Home];

    /// What a source counts as.
    pub fn of(source: Source) -> Self {
        match source {
            Source::ForceParam | Source::RedirectUrl => Self::RedirectUrl,
            Source::FallbackParam => Self::InLink,
            Source::Fallback => Self::Stored,
            Source::HomeUrl => Self::Home,
        }
    }

    /// The name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::RedirectUrl => "redirect_url",
            Self::Stored => "Stored fallback",
            Self::InLink => "Fallback in the link",
            Self::Home => "Home URL",
        }
    }

    /// The class of its marks: solid, hatched, hollow, dark.
    pub fn class(self) -> &'static str {
        match self {
            Self::RedirectUrl => "by-redirect",
            Self::Stored => "by-stored",
            Self::InLink => "by-link",
            Self::Home => "by-home",
        }
    }
}

/// Visits by what decided, in the order of [`DecidedBy::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided([u64; 4]);

impl Decided {
    /// Adds visits.
    pub fn add(&mut self, by: DecidedBy, visits: u64) {
        let sum = &mut self.0[by as usize];
        *sum = sum.saturating_add(visits);
    }

    /// How many were decided so.
    pub fn by(&self, by: DecidedBy) -> u64 {
        self.0[by as usize]
    }

    /// How many there are.
    pub fn all(&self) -> u64 {
        self.0.iter().fold(0, |sum, visits| sum.saturating_add(*visits))
    }
}

/// The visits of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of them.
    pub all: Decided,
    /// How many of those that `redirect_url` decided were forced by the link.
    pub forced: u64,
    /// How many asked for a place that was refused.
    pub refused: u64,
    /// By the hour or day, each with its beginning.
    pub by_time: Vec<(OffsetDateTime, Decided)>,
    /// By the flow, the most frequent first.
    pub by_flow: Vec<(Flow, Decided)>,
}

impl Totals {
    /// Adds counts up. An hour or day without visits is there too; what lies outside the range counts for its nearest end.
    pub fn of(range: Range, now: OffsetDateTime, counts: &[VisitCount]) -> Self {
        let mut totals = Self { by_time: range.starts(now).into_iter().map(|at| (at, Decided::default())).collect(), ..Self::default() };
        let mut by_flow = Flow::ALL.map(|flow| (flow, Decided::default()));
        for count in counts {
            let by = DecidedBy::of(count.source);
            totals.all.add(by, count.visits);
            totals.refused = totals.refused.saturating_add(count.refused);
            if count.source == Source::ForceParam {
                totals.forced = totals.forced.saturating_add(count.visits);
            }
            by_flow[count.flow as usize].1.add(by, count.visits);
            let later = totals.by_time.partition_point(|(at, _)| *at <= count.at);
            if let Some((_, decided)) = totals.by_time.get_mut(later.saturating_sub(1)) {
                decided.add(by, count.visits);
            }
        }
        totals.by_flow = by_flow.into_iter().filter(|(_, decided)| decided.all() > 0).collect();
        totals.by_flow.sort_by_key(|(_, decided)| std::cmp::Reverse(decided.all()));
        totals
    }
}

/// A share in percent, with one digit after the point.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-26 12:30 UTC);

    fn count(at: OffsetDateTime, flow: Flow, source: Source, visits: u64) -> VisitCount {
        VisitCount { at, flow, source, visits, refused: visits / 2 }
    }

    #[test]
    fn visits_are_added_up_by_time_flow_and_what_decided() {
        let today = datetime!(2026-11-26 00:00 UTC);
        let counts = [
            count(today, Flow::SignIn, Source::RedirectUrl, 10),
            count(today, Flow::SignIn, Source::ForceParam, 4),
            count(today, Flow::Logo, Source::HomeUrl, 100),
            count(today - Duration::days(6), Flow::SignIn, Source::Fallback, 3),
            count(today - Duration::days(5), Flow::SignUp, Source::FallbackParam, 2),
        ];
        let totals = Totals::of(Range::Week, NOW, &counts);
        assert_eq!((totals.all.all(), totals.forced, totals.refused), (119, 4, 59));
        assert_eq!(DecidedBy::ALL.map(|by| totals.all.by(by)), [14, 3, 2, 100]);
        assert_eq!(totals.by_time.iter().map(|(_, decided)| decided.all()).collect::<Vec<_>>(), [3, 2, 0, 0, 0, 0, 114]);
        let flows: Vec<_> = totals.by_flow.iter().map(|(flow, decided)| (*flow, decided.all())).collect();
        assert_eq!(flows, [(Flow::Logo, 100), (Flow::SignIn, 17), (Flow::SignUp, 2)]);
    }

    #[test]
    fn no_visit_is_lost_where_a_clock_was_wrong() {
        let wrong = [NOW + Duration::days(9), NOW - Duration::days(99)].map(|at| count(at, Flow::SignIn, Source::HomeUrl, 1));
        let totals = Totals::of(Range::Day, NOW, &wrong);
        assert_eq!(totals.by_time.iter().map(|(_, decided)| decided.all()).sum::<u64>(), 2);
    }

    #[test]
    fn shares_are_rounded_to_a_tenth_of_a_percent() {
        assert_eq!(
            [(9804, 12431), (1, 3), (2, 3), (5, 5), (0, 5), (0, 0)].map(|(part, whole)| percent(part, whole)),
            ["78.9%", "33.3%", "66.7%", "100.0%", "0.0%", "0%"]
        );
    }
}
