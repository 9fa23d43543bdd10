//! The chart of visits as SVG: positions and widths in percent, heights in pixels, so that text and patterns are never stretched and
//! nothing needs a style of its own.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::counts::{Decided, DecidedBy};
use crate::{insight::range::Range, paths, ui::text::Grouped};

/// The height of the chart, and where the bars stand and end, in pixels from the top.
const HEIGHT: u32 = 268;
const BASE: u32 = 240;
const TOP: u32 = 52;

/// The room at the left for the numbers of the lines, in percent.
const AXIS: f64 = 7.0;

/// The smallest height of a part that is there.
const MIN_HEIGHT: u32 = 2;

/// How far apart the names of saved versions must be, in percent of the width. Closer ones share a name.
const MIN_DISTANCE: f64 = 33.0;

/// A saved version: its number, and when.
pub type SavedVersion = (i64, OffsetDateTime);

/// A part of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    by: DecidedBy,
    y: u32,
    height: u32,
}

/// The parts of a bar from the bottom, and where its top is. `max` is the number that reaches the top.
fn parts(decided: &Decided, max: u64) -> (Vec<Part>, u32) {
    let mut y = BASE;
    let mut parts = Vec::new();
    for by in DecidedBy::ALL {
        let visits = decided.by(by);
        if visits == 0 || max == 0 {
            continue;
        }
        let height = u128::from(visits) * u128::from(BASE - TOP) / u128::from(max);
        let height = u32::try_from(height).unwrap_or(BASE - TOP).max(MIN_HEIGHT);
        // A pixel stays free between two parts.
        y = y.saturating_sub(height + u32::from(!parts.is_empty()));
        parts.push(Part { by, y, height });
    }
    (parts, y)
}

/// The numbers that get a line: one to three round ones, the greatest at most `max`.
fn lines(max: u64) -> Vec<u64> {
    let mut ten = 1_u64;
    let step = loop {
        if let Some(step) = [1, 2, 5].map(|factor| ten.saturating_mul(factor)).into_iter().find(|step| max / step <= 3) {
            break step;
        }
        ten = ten.saturating_mul(10);
    };
    (1..=3).map(|times| step.saturating_mul(times)).take_while(|value| *value <= max).collect()
}

/// A place on the chart as a percentage.
fn at(percent: f64) -> String {
    format!("{percent:.2}%")
}

/// Versions that share a name on the chart: where it is, and the first and the last of them.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    x: f64,
    first: SavedVersion,
    last: SavedVersion,
}

/// Where saved versions are on the chart, from the left. Those that are close to each other share a mark.
fn marks(starts: &[OffsetDateTime], range: Range, versions: &[SavedVersion]) -> Vec<Mark> {
    let Some(first) = starts.first() else { return Vec::new() };
    let whole = range.step().as_seconds_f64() * f64::from(u32::try_from(starts.len()).unwrap_or(u32::MAX));
    let mut versions = versions.to_vec();
    versions.sort_unstable();
    let mut marks: Vec<Mark> = Vec::new();
    for version in versions {
        let x = AXIS + (100.0 - AXIS) * ((version.1 - *first).as_seconds_f64() / whole).clamp(0.0, 1.0);
        match marks.last_mut() {
            Some(mark) if x - mark.x < MIN_DISTANCE => mark.last = version,
            _ => marks.push(Mark { x, first: version, last: version }),
        }
    }
    marks
}

/// The chart. The links to History lie outside of what is read as one image.
pub fn chart(slug: &str, range: Range, by_time: &[(OffsetDateTime, Decided)], versions: &[SavedVersion]) -> impl IntoView + use<> {
    let max = by_time.iter().map(|(_, decided)| decided.all()).max().unwrap_or_default();
    let starts: Vec<_> = by_time.iter().map(|(at, _)| *at).collect();
    let slot = (100.0 - AXIS) / f64::from(u32::try_from(by_time.len().max(1)).unwrap_or(u32::MAX));
    let width = slot * if by_time.len() > 7 { 0.7 } else { 0.56 };
    let middle = |index: usize| AXIS + slot * (f64::from(u32::try_from(index).unwrap_or(u32::MAX)) + 0.5);
    let lines = lines(max)
        .into_iter()
        .map(|value| {
            let up = u128::from(value) * u128::from(BASE - TOP) / u128::from(max.max(1));
            let y = f64::from(BASE - u32::try_from(up).unwrap_or_default()) + 0.5;
            view! { <line x1="0" x2="100%" y1=y.to_string() y2=y.to_string() /><text class="axis" x="0" y=(y - 5.0).to_string()>{Grouped(value).to_string()}</text> }
        })
        .collect_view();
    // Every bar has its number where there is room, else the highest one.
    let highest = by_time.iter().position(|(_, decided)| decided.all() == max);
    let bars = by_time
        .iter()
        .enumerate()
        .map(|(index, (_, decided))| {
            let (parts, top) = parts(decided, max);
            let parts = parts
                .into_iter()
                .map(|Part { by, y, height }| {
                    let x = at(middle(index) - width / 2.0);
                    view! { <rect class=by.class() x=x y=y.to_string() width=at(width) height=height.to_string() /> }
                })
                .collect_view();
            let has_room = by_time.len() <= 7 || Some(index) == highest;
            let sum = (decided.all() > 0 && has_room).then(|| {
                view! { <text class="sum" x=at(middle(index)) y=(top - 8).to_string()>{Grouped(decided.all()).to_string()}</text> }
            });
            view! { {parts}{sum} }
        })
        .collect_view();
    let ticks = starts
        .iter()
        .enumerate()
        .filter_map(|(index, start)| {
            let (first, rest) = range.tick(index, *start);
            let rest = (!rest.is_empty()).then(|| view! { <tspan>{rest}</tspan> });
            (!first.is_empty()).then(|| view! { <text class="tick" x=at(middle(index)) y=(BASE + 20).to_string()>{first}{rest}</text> })
        })
        .collect_view();
    let marks = marks(&starts, range, versions).into_iter().map(|mark| mark_view(slug, &mark)).collect_view();
    view! {
        <svg class="chart" width="100%" height=HEIGHT.to_string()>
            <g role="img" aria-labelledby="chart-title">
                {lines}
                <line x1="0" x2="100%" y1=format!("{BASE}.5") y2=format!("{BASE}.5") />
                {bars}
                {ticks}
            </g>
            {marks}
        </svg>
    }
}

/// The mark of a saved version, which leads to the days of it in History.
fn mark_view(slug: &str, mark: &Mark) -> impl IntoView + use<> {
    let Mark { x, first, last } = mark;
    let text = if first.0 == last.0 { format!("Version {} saved", first.0) } else { format!("Versions {} to {} saved", first.0, last.0) };
    let history = format!("{}?from={}&to={}", paths::instance(slug).history(), first.1.date(), last.1.date());
    // The text stays inside the chart.
    let (dx, anchor) = if *x > 50.0 { ("-7", "end") } else { ("7", "start") };
    let x = at(*x);
    view! {
        <a href=history>
            <line x1=x.clone() x2=x.clone() y1="5" y2=BASE.to_string() />
            <text x=x dx=dx y="15" text-anchor=anchor>{text}</text>
        </a>
    }
}

/// A bar of one line that shows the composition of some visits.
pub fn composition(decided: &Decided) -> impl IntoView + use<> {
    let all = decided.all().max(1);
    let share = |visits: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a width on a screen")]
        let share = visits as f64 / all as f64 * 100.0;
        share
    };
    let mut x = 0.0;
    let parts: Vec<_> = DecidedBy::ALL
        .into_iter()
        .filter(|by| decided.by(*by) > 0)
        .map(|by| {
            let (from, width) = (x, share(decided.by(by)));
            x += width;
            view! { <rect class=by.class() x=at(from) y="0" width=at(width) height="10" /> }
        })
        .collect();
    view! { <svg class="composition" width="100%" height="10" aria-hidden="true">{parts}</svg> }
}

/// The hatching of the stored fallback, which every chart of the page refers to.
pub fn patterns() -> impl IntoView {
    view! {
        <svg width="0" height="0" class="unseen" aria-hidden="true">
            <defs>
                <pattern id="by-stored" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class="ground" d="M0 0h5v5H0z" />
                    <path class="stroke" d="M0 0h2v5H0z" />
                </pattern>
            </defs>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-26 12:30 UTC);

    fn decided(visits: [u64; 4]) -> Decided {
        let mut decided = Decided::default();
        DecidedBy::ALL.into_iter().zip(visits).for_each(|(by, visits)| decided.add(by, visits));
        decided
    }

    #[test]
    fn parts_stand_on_each_other_and_the_greatest_bar_stays_inside() {
        let (parts, top) = parts(&decided([1600, 300, 1, 33]), 1934);
        assert_eq!(parts.iter().map(|part| part.height).collect::<Vec<_>>(), [155, 29, 2, 3], "what is there is seen");
        for (lower, upper) in parts.iter().zip(&parts[1..]) {
            assert_eq!(upper.y + upper.height + 1, lower.y);
        }
        assert_eq!(parts[0].y + parts[0].height, BASE);
        assert!(top >= TOP - 8 && top == parts[3].y, "{top}");
        assert_eq!(super::parts(&decided([0; 4]), 5).0, []);
        assert_eq!(super::parts(&decided([u64::MAX, 0, 0, 1]), u64::MAX).1, TOP - 3);
    }

    #[test]
    fn lines_are_at_one_to_three_round_numbers() {
        for (max, expected) in [
            (0, &[][..]),
            (1, &[1]),
            (3, &[1, 2, 3]),
            (7, &[2, 4, 6]),
            (19, &[5, 10, 15]),
            (2263, &[1000, 2000]),
            (4999, &[2000, 4000]),
            (100_000, &[50_000, 100_000]),
        ] {
            assert_eq!(lines(max), expected, "{max}");
        }
        for max in (1..100_000).step_by(37).chain([u64::MAX / 20]) {
            assert!((1..=3).contains(&lines(max).len()), "{max}");
        }
    }

    #[test]
    fn versions_that_are_close_to_each_other_share_a_mark() {
        let starts = Range::Week.starts(NOW);
        let saved = |version, days: i64| (version, starts[0] + Duration::days(days));
        let marks = marks(&starts, Range::Week, &[saved(13, 6), saved(12, 1), saved(11, 0), saved(10, -3)]);
        assert_eq!(marks.iter().map(|mark| (mark.first.0, mark.last.0)).collect::<Vec<_>>(), [(10, 12), (13, 13)]);
        assert!((marks[0].x - AXIS).abs() < 0.01 && marks[1].x < 100.0);
    }

    #[test]
    fn the_chart_has_no_style_of_its_own_and_no_view_box() {
        let by_time: Vec<_> = Range::Week.starts(NOW).into_iter().map(|at| (at, decided([1600, 300, 1, 33]))).collect();
        let html = chart("my-app", Range::Week, &by_time, &[(12, NOW)]).to_html();
        assert!(!html.contains("style=") && !html.to_lowercase().contains("viewbox"), "{html}");
        assert_eq!(html.matches("<rect").count(), 28);
        assert_eq!(html.matches(">1,934<").count(), 7, "each bar has its number");
        assert!(html.contains("history?from=2026-11-26&amp;to=2026-11-26") && html.contains("Version 12 saved"), "{html}");
        let image = html.split_once("role=\"img\"").unwrap().1.split_once("</g>").unwrap().0;
        assert!(!image.contains("<a "), "no link is part of the image");
        let dense: Vec<_> = Range::Month.starts(NOW).into_iter().map(|at| (at, decided([7, 0, 0, 0]))).collect();
        assert_eq!(chart("my-app", Range::Month, &dense, &[]).to_html().matches("class=\"sum\"").count(), 1);
    }

    #[test]
    fn a_composition_fills_its_line() {
        let html = composition(&decided([1, 1, 0, 2])).to_html();
        for part in
            ["x=\"0.00%\" y=\"0\" width=\"25.00%\"", "x=\"25.00%\" y=\"0\" width=\"25.00%\"", "x=\"50.00%\" y=\"0\" width=\"50.00%\""]
        {
            assert!(html.contains(part), "{html}");
        }
    }
}
