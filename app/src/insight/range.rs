//! The range of time that visits are looked at, in hours or days of UTC.

use time::{Duration, OffsetDateTime, Time, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

/// How far back Activity looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// The last 24 hours, by the hour.
    Day,
    /// The last 7 days, by the day.
    #[default]
    Week,
    /// The last 30 days, by the day.
    Month,
}

const HOUR: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");
const DATE: &[BorrowedFormatItem<'_>] = format_description!("[day padding:none] [month repr:short]");
const LONG_DAY: &[BorrowedFormatItem<'_>] = format_description!("[weekday] [day padding:none] [month repr:long]");
const LONG_HOUR: &[BorrowedFormatItem<'_>] = format_description!("[weekday] [day padding:none] [month repr:long], [hour]:[minute]");

impl Range {
    /// Every range, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The name in the page's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The range of that name; a week for any other name.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|range| range.name() == name).unwrap_or_default()
    }

    /// What the link to it says, and what follows "in the last".
    pub fn label(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// What one bar of the chart is, as PostgreSQL names it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Week | Self::Month => "day",
        }
    }

    /// How long one bar of the chart is.
    pub fn step(self) -> Duration {
        match self {
            Self::Day => Duration::HOUR,
            Self::Week | Self::Month => Duration::DAY,
        }
    }

    fn bars(self) -> i32 {
        match self {
            Self::Day => 24,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    /// When each bar of the chart begins. The last one is the present hour or day.
    pub fn starts(self, now: OffsetDateTime) -> Vec<OffsetDateTime> {
        let now = now.to_offset(UtcOffset::UTC);
        let hour = if self == Self::Day { now.hour() } else { 0 };
        let last = now.replace_time(Time::from_hms(hour, 0, 0).unwrap_or(Time::MIDNIGHT));
        (0..self.bars()).rev().map(|back| last - self.step() * back).collect()
    }

    /// The beginning of the range.
    pub fn since(self, now: OffsetDateTime) -> OffsetDateTime {
        self.starts(now).first().copied().unwrap_or(now)
    }

    /// The short name of a bar in two parts, of which a narrow screen shows the first. Empty for a bar that has no room for one.
    pub fn tick(self, index: usize, at: OffsetDateTime) -> (String, String) {
        match self {
            Self::Day if index % 4 == 3 => (at.format(HOUR).unwrap_or_default(), String::new()),
            Self::Week => {
                let weekday = at.weekday().to_string();
                (weekday.chars().take(3).collect(), format!(" {}", at.day()))
            }
            Self::Month if index % 6 == 5 => (at.format(DATE).unwrap_or_default(), String::new()),
            Self::Day | Self::Month => (String::new(), String::new()),
        }
    }

    /// The whole name of a bar.
    pub fn long(self, at: OffsetDateTime) -> String {
        at.format(if self == Self::Day { LONG_HOUR } else { LONG_DAY }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_range_ends_with_the_present_hour_or_day_in_utc() {
        let now = datetime!(2026-11-27 01:30 +02:00);
        let ends = |range: Range| {
            let starts = range.starts(now);
            (starts.len(), starts[0], starts[starts.len() - 1])
        };
        assert_eq!(ends(Range::Day), (24, datetime!(2026-11-26 00:00 UTC), datetime!(2026-11-26 23:00 UTC)));
        assert_eq!(ends(Range::Week), (7, datetime!(2026-11-20 00:00 UTC), datetime!(2026-11-26 00:00 UTC)));
        assert_eq!(ends(Range::Month), (30, datetime!(2026-10-28 00:00 UTC), datetime!(2026-11-26 00:00 UTC)));
        assert_eq!(Range::Week.since(now), datetime!(2026-11-20 00:00 UTC));
    }

    #[test]
    fn bars_are_named_where_there_is_room() {
        let named = |range: Range| {
            let starts = range.starts(datetime!(2026-11-26 23:30 UTC));
            let ticks = starts.iter().enumerate().map(|(index, at)| range.tick(index, *at));
            ticks.filter(|(first, _)| !first.is_empty()).map(|(first, rest)| first + &rest).collect::<Vec<_>>()
        };
        assert_eq!(named(Range::Day), ["03:00", "07:00", "11:00", "15:00", "19:00", "23:00"]);
        assert_eq!(named(Range::Week), ["Fri 20", "Sat 21", "Sun 22", "Mon 23", "Tue 24", "Wed 25", "Thu 26"]);
        assert_eq!(named(Range::Month), ["2 Nov", "8 Nov", "14 Nov", "20 Nov", "26 Nov"]);
        assert_eq!(Range::Week.long(datetime!(2026-11-20 00:00 UTC)), "Friday 20 November");
    }
}
