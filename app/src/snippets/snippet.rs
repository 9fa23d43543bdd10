//! From an instance and a framework to code: which settings stand in which file, and what the framework has no place for.

use url::{Position, Url};

use super::{
    framework::{FALLBACKS, FORCES, Framework, Kind, Names, PAGES},
    target::{Target, target},
    template::{Line, Syntax, Template},
};
use crate::redirects::{Fallbacks, Flow, Instance, Page};

/// What an application needs to do as the portal does.
#[derive(Clone, Debug)]
pub(super) struct Snippets {
    pub(super) blocks: Vec<Block>,
    pub(super) notes: Vec<Note>,
}

/// One file's part of it.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) title: &'static str,
    /// What it is about; code stands between backticks.
    pub(super) about: String,
    /// The file that it belongs to.
    pub(super) file: &'static str,
    pub(super) code: String,
}

/// What is not the same in an application, or is not there at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// What it is about.
    pub(super) title: &'static str,
    /// Sentences; code stands between backticks.
    pub(super) text: String,
    /// The value that the portal has.
    pub(super) url: Option<String>,
}

/// The snippets of an instance for a framework.
pub(super) fn snippets(instance: &Instance, fallbacks: &Fallbacks, framework: Framework) -> Snippets {
    let writer = Writer { instance, fallbacks, framework };
    let blocks = writer.variables().into_iter().chain([writer.settings(), writer.organizations()]).collect();
    Snippets { blocks, notes: writer.notes() }
}

struct Writer<'a> {
    instance: &'a Instance,
    fallbacks: &'a Fallbacks,
    framework: Framework,
}

impl Writer<'_> {
    fn target(&self, flow: Flow) -> Target {
        target(self.instance, self.fallbacks, flow)
    }

    /// The environment variables.
    fn variables(&self) -> Option<Block> {
        let variable = |prefix: &str, names: Names| format!("{prefix}{}", names.suffix);
        let prefix = self.framework.prefix(Kind::Page)?;
        let mut lines = self.pages(|names| variable(prefix, names));
        if let Some(prefix) = self.framework.prefix(Kind::Redirect) {
            lines.push(Line::Blank);
            lines.extend(self.redirects(FALLBACKS, |names| variable(prefix, names)));
            lines.push(Line::Blank);
            lines.extend(self.forces(|names| variable(prefix, names)));
        }
        let [out, create, leave] = [Flow::SignOut, Flow::CreateOrganization, Flow::LeaveOrganization].map(Flow::label);
        let others = format!("“{out}”, “{create}” and “{leave}” have no variables: they are further down.");
        let about = match self.framework {
            Framework::Astro => "The addresses of the pages. Redirects have no variables in Astro: they are further down.".to_owned(),
            Framework::TanStackStart => {
                format!("For sign-in and sign-up. The server alone reads the redirects, so their names have no `VITE_`. {others}")
            }
            _ => format!("For sign-in and sign-up. {others}"),
        };
        let template = Template { head: String::new(), open: "", syntax: Syntax::Env, indent: 0, tail: "" };
        let file = self.framework.env_file();
        Some(Block { title: "Environment variables", about, file, code: template.fill(&lines) })
    }

    /// What is set once for the whole application.
    fn settings(&self) -> Block {
        let place = self.framework.settings();
        let prop = |names: Names| names.prop.to_owned();
        let in_env = self.framework.prefix(Kind::Redirect).is_some();
        let mut lines = Vec::new();
        if self.framework.prefix(Kind::Page).is_none() {
            lines.extend(self.pages(prop));
        }
        if !in_env {
            lines.extend(self.redirects(FALLBACKS, prop));
        }
        lines.extend(self.setting(Flow::SignOut, "afterSignOutUrl"));
        if in_env {
            lines.push(Line::Comment("Instead of the variables:".into()));
            lines.extend(FALLBACKS.map(|names| Line::Off { name: prop(names), url: self.target(names.flow).url.into() }));
        } else {
            lines.extend(self.forces(prop));
        }
        Block { title: place.title, about: place.about.into(), file: place.file, code: place.template.fill(&lines) }
    }

    /// What is set where organizations are shown.
    fn organizations(&self) -> Block {
        let created = self.setting(Flow::CreateOrganization, "afterCreateOrganizationUrl");
        let left = self.setting(Flow::LeaveOrganization, "afterLeaveOrganizationUrl");
        let lines: Vec<_> = created.into_iter().chain(left).collect();
        let place = self.framework.organizations();
        Block { title: place.title, about: place.about.into(), file: place.file, code: place.template.fill(&lines) }
    }

    fn pages(&self, name: impl Fn(Names) -> String) -> Vec<Line> {
        let origin = self.instance.portal_origin().as_str();
        let page = |names: Names| Line::Set { name: name(names), url: format!("{origin}{}", names.flow.page().map_or("", Page::path)) };
        let comment = Line::Comment("The portal's pages, or your application's own where it has some".into());
        [comment].into_iter().chain(PAGES.map(page)).collect()
    }

    fn redirects(&self, all: [Names; 2], name: impl Fn(Names) -> String) -> Vec<Line> {
        all.into_iter().flat_map(|names| self.setting(names.flow, &name(names))).collect()
    }

    fn setting(&self, flow: Flow, name: &str) -> [Line; 2] {
        let target = self.target(flow);
        [Line::Comment(target.comment), Line::Set { name: name.to_owned(), url: target.url.into() }]
    }

    fn forces(&self, name: impl Fn(Names) -> String) -> Vec<Line> {
        let off = |names: Names| Line::Off { name: name(names), url: self.target(names.flow).url.into() };
        let comment = Line::Comment("These win over a link's own redirect_url; the instance stores none:".into());
        [comment].into_iter().chain(FORCES.map(off)).collect()
    }

    fn notes(&self) -> Vec<Note> {
        let [logo, waitlist] = [Flow::Logo, Flow::Waitlist].map(|flow| self.target(flow).url.into());
        let mut notes = vec![
            Note {
                title: Flow::Logo.label(),
                text: "No variable and no prop of its own. What comes closest is `logoLinkUrl` among the options of `appearance`. The portal's logo leads to:".into(),
                url: Some(logo),
            },
            Note {
                title: Flow::Waitlist.label(),
                text: "No variable, and nothing for the whole application. `<Waitlist>` itself takes `afterJoinWaitlistUrl`. The portal's waitlist leads to:".into(),
                url: Some(waitlist),
            },
        ];
        for Target { flow, url, .. } in
            [Flow::SignIn, Flow::SignUp].map(|flow| self.target(flow)).into_iter().filter(|target| !target.is_followed)
        {
            notes.push(Note {
                title: flow.label(),
                text: "The components follow a URL on another origin only where the setting `allowedRedirectOrigins` lists that origin:"
                    .into(),
                url: Some(url.origin().ascii_serialization()),
            });
        }
        if has_placeholder(&self.target(Flow::CreateOrganization).url) {
            notes.push(Note {
                title: Flow::CreateOrganization.label(),
                text: "The components put the organization's own value in the place of a name after a colon, like `:slug`. The portal takes the URL as it stands.".into(),
                url: None,
            });
        }
        notes
    }
}

/// Whether Clerk's components may read a name after a colon in it. They look at the first colon before a letter or digit.
fn has_placeholder(url: &Url) -> bool {
    url.port().is_none() && url[Position::AfterPort..].split(':').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}
