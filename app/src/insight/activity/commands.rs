//! What the forms of the Activity tab post.

use serde::Deserialize;

/// The form that allows an origin, or takes that back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowForm {
    /// The origin.
    pub origin: String,
    /// What becomes of it.
    pub change: OriginChangeKind,
    /// The query of the page that it was posted from.
    #[serde(default)]
    pub view: String,
}

/// What becomes of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginChangeKind {
    /// It becomes an allowed one.
    Allow,
    /// It is one no longer.
    TakeBack,
}

/// The form that dismisses a refused redirect, or shows it again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DismissForm {
    /// The reason and the origin, as they are counted.
    pub refused: String,
    /// Whether it is shown from now on.
    pub change: Dismissal,
    /// The query of the page that it was posted from.
    #[serde(default)]
    pub view: String,
}

/// What becomes of a refused redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dismissal {
    /// It is hidden.
    Dismiss,
    /// It is shown again.
    Show,
}

/// The form that switches the counting of an instance's visits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountingForm {
    /// Whether visits are counted from now on.
    pub visits: Counting,
    /// The query of the page that it was posted from.
    #[serde(default)]
    pub view: String,
}

/// Whether an instance's visits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// They are.
    On,
    /// They are not.
    Off,
}
