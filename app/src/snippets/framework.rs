//! The frameworks, and what their SDKs call the settings. All of it is theirs and public; it changes when they do.

use crate::redirects::Flow;

/// A framework that Clerk has an SDK for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// Two kinds of settings that may be environment variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The address of a page.
    Page,
    /// Where people go after one.
    Redirect,
}

/// What a setting of sign-in or sign-up is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) flow: Flow,
    /// The variable, without its prefix.
    pub(super) suffix: &'static str,
    pub(super) prop: &'static str,
}

/// The addresses of the pages.
pub(super) const PAGES: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_URL", prop: "signInUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_URL", prop: "signUpUrl" },
];

/// Where people go when their link says nothing.
pub(super) const FALLBACKS: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_FALLBACK_REDIRECT_URL", prop: "signInFallbackRedirectUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_FALLBACK_REDIRECT_URL", prop: "signUpFallbackRedirectUrl" },
];

/// Where people go whatever their link says.
pub(super) const FORCES: [Names; 2] = [
    Names { flow: Flow::SignIn, suffix: "SIGN_IN_FORCE_REDIRECT_URL", prop: "signInForceRedirectUrl" },
    Names { flow: Flow::SignUp, suffix: "SIGN_UP_FORCE_REDIRECT_URL", prop: "signUpForceRedirectUrl" },
];

impl Framework {
    /// Every framework, in the order of the tab.
    pub(super) const ALL: [Self; 7] =
        [Self::NextJs, Self::Nuxt, Self::ReactRouter, Self::TanStackStart, Self::Astro, Self::React, Self::Vue];

    /// The framework of that name in the page's address; the first one where there is none.
    pub(super) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|framework| framework.name() == name).unwrap_or_default()
    }

    /// The name in the page's address.
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

    /// The name on the screen.
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

    /// The package that the components come from.
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

    /// What variables of a kind begin with; `None` where there are none, and the setting is a prop or an option.
    pub(super) fn prefix(self, kind: Kind) -> Option<&'static str> {
        match (self, kind) {
            (Self::NextJs, _) => Some("NEXT_PUBLIC_CLERK_"),
            (Self::Nuxt, _) => Some("NUXT_PUBLIC_CLERK_"),
            // TanStack Start's server reads the redirects and hands them to the browser; the pages both read.
            (Self::ReactRouter, _) | (Self::TanStackStart, Kind::Page) => Some("VITE_CLERK_"),
            (Self::TanStackStart, Kind::Redirect) => Some("CLERK_"),
            (Self::Astro, Kind::Page) => Some("PUBLIC_CLERK_"),
            (Self::Astro, Kind::Redirect) | (Self::React | Self::Vue, _) => None,
        }
    }

    /// The file of the variables.
    pub(super) fn env_file(self) -> &'static str {
        if self == Self::NextJs { ".env.local" } else { ".env" }
    }
}
