//! The few icons, drawn on a 16-pixel grid in the colour of the text beside them.

use leptos::prelude::*;

/// An icon by the path that draws it. Hidden from screen readers: the text beside it says the same.
pub fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}

/// A tick.
pub const TICK: &str = "M3 8.5l3.2 3.2L13 4.8";
/// An arrow to the right.
pub const ARROW: &str = "M2.5 8h11M9.5 4l4 4-4 4";
/// A cross.
pub const CROSS: &str = "M4 4l8 8M12 4l-8 8";
/// A dash.
pub const DASH: &str = "M4 8h8";
/// A warning triangle.
pub const WARNING: &str = "M8 2.2L14.4 13.5H1.6zM8 6.5v3.2M8 11.6v.1";
/// Up and down, as on a select.
pub const UP_DOWN: &str = "M5 6l3-3 3 3M5 10l3 3 3-3";
/// The product's mark: an arrow that turns.
pub const TURN: &str = "M3.5 13V8.5a3 3 0 0 1 3-3h6M9.5 2.5l3 3-3 3";
/// A chevron that points down, as on what opens.
pub const DOWN: &str = "M4.5 6.5L8 10l3.5-3.5";
/// A magnifying glass.
pub const SEARCH: &str = "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1";
/// An arrow out of a frame, as on what opens in another tab.
pub const OPEN: &str = "M9.5 2.8h3.7v3.7M13 3L7.5 8.5M11.8 9.5v2.7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h2.7";
/// Two sheets, as on what copies.
pub const COPY: &str = "M6.8 5.8h5.4a1 1 0 0 1 1 1v5.4a1 1 0 0 1-1 1H6.8a1 1 0 0 1-1-1V6.8a1 1 0 0 1 1-1zM3.8 10.2a1 1 0 0 1-1-1V3.8a1 1 0 0 1 1-1h5.4a1 1 0 0 1 1 1";
