//! The frameworks, and the names that their SDKs have for the settings. The names are public, and change when the SDKs do.

use strum::EnumCount;

use crate::redirects::Flow;

/// A framework that Clerk has an SDK for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount)]
pub(super) enum Framework {
    #[default]
    NextJs,
    Nuxt,
    ReactRouter,
    TanStackStart,
    Astro,
    React,
    Vue,
}

/// The two kinds of settings that can be environment variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingKind {
    /// The URL of a page.
    Page,
    /// A redirect.
    Redirect,
}

/// The names of a setting for sign-in or sign-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) flow: Flow,
    /// The name of the variable, without its prefix.
    pub(super) suffix: &'static str,
    pub(super) prop: &'static str,
}

/// The URLs of the pages.
pub(super) const PAGES: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_URL", prop: "signInUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_URL", prop: "signUpUrl" },
];

/// The redirects for links that name no target.
pub(super) const FALLBACKS: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_FALLBACK_REDIRECT_URL", prop: "signInFallbackRedirectUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_FALLBACK_REDIRECT_URL", prop: "signUpFallbackRedirectUrl" },
];

/// The redirects that override every link.
pub(super) const FORCES: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_FORCE_REDIRECT_URL", prop: "signInForceRedirectUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_FORCE_REDIRECT_URL", prop: "signUpForceRedirectUrl" },
];

impl Framework {
    /// Every framework, in the order of the tab.
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::NextJs, Self::Nuxt, Self::ReactRouter, Self::TanStackStart, Self::Astro, Self::React, Self::Vue];

    /// The framework with that name in the page's address; the first one if there is none.
    pub(super) fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|framework| framework.name() == name).unwrap_or_default()
    }

    /// The framework's name in the page's address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NextJs => "nextjs",
            Self::Nuxt => "nuxt",
            Self::ReactRouter => "react-router",
            Self::TanStackStart => "tanstack-start",
            Self::Astro => "astro",
            Self::React => "react",
            Self::Vue => "vue",
        }
    }

    /// The framework's name on the screen.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::NextJs => "Next.js",
            Self::Nuxt => "Nuxt",
            Self::ReactRouter => "React Router",
            Self::TanStackStart => "TanStack Start",
            Self::Astro => "Astro",
            Self::React => "React",
            Self::Vue => "Vue",
        }
    }

    /// The package of the components.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::NextJs => "@clerk/nextjs",
            Self::Nuxt => "@clerk/nuxt",
            Self::ReactRouter => "@clerk/react-router",
            Self::TanStackStart => "@clerk/tanstack-react-start",
            Self::Astro => "@clerk/astro",
            Self::React => "@clerk/react",
            Self::Vue => "@clerk/vue",
        }
    }

    /// The prefix of the variables of a kind; `None` if the framework has no such variables, and the setting is a prop or an option.
    pub(super) fn prefix(self, kind: SettingKind) -> Option<&'static str> {
        match (self, kind) {
            (Self::NextJs, _) => Some("NEXT_PUBLIC_CLERK_"),
            (Self::Nuxt, _) => Some("NUXT_PUBLIC_CLERK_"),
            // In TanStack Start, only the server reads the redirects and hands them to the browser. Both of them read the pages.
            (Self::ReactRouter, _) | (Self::TanStackStart, SettingKind::Page) => Some("VITE_CLERK_"),
            (Self::TanStackStart, SettingKind::Redirect) => Some("CLERK_"),
            (Self::Astro, SettingKind::Page) => Some("PUBLIC_CLERK_"),
            (Self::Astro, SettingKind::Redirect) | (Self::React | Self::Vue, _) => None,
        }
    }

    /// The name of the file with the variables.
    pub(super) fn env_file(self) -> &'static str {
        if self == Self::NextJs { ".env.local" } else { ".env" }
    }
}
