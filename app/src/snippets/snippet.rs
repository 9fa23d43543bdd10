//! Writes the snippets of an instance for a framework: the settings of each file, and notes on what the framework can't do.

use url::{Position, Url};

use super::{
    framework::{FALLBACKS, FORCES, Framework, Names, PAGES, SettingKind},
    target::{FlowTarget, target},
    template::{SnippetLine, Syntax, Template},
};
use crate::redirects::{Fallbacks, Flow, Instance, Page};

/// What an application needs to redirect as the portal does.
#[derive(Clone, Debug)]
pub(super) struct Snippets {
    pub(super) blocks: Vec<Block>,
    pub(super) notes: Vec<Note>,
}

/// The code for one file.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) title: &'static str,
    /// A description; code is between backticks.
    pub(super) about: String,
    /// The name of the file.
    pub(super) file: &'static str,
    pub(super) code: String,
}

/// Something that differs in an application, or is missing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The setting that the note is about.
    pub(super) title: &'static str,
    /// Sentences; code is between backticks.
    pub(super) text: String,
    /// The portal's value.
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
    fn target(&self, flow: Flow) -> FlowTarget {
        target(self.instance, self.fallbacks, flow)
    }

    /// The environment variables.
    fn variables(&self) -> Option<Block> {
        let variable = |prefix: &str, names: Names| format!("{prefix}{}", names.suffix);
        let prefix = self.framework.prefix(SettingKind::Page)?;
        let mut lines = self.pages(|names| variable(prefix, names));
        if let Some(prefix) = self.framework.prefix(SettingKind::Redirect) {
            lines.push(SnippetLine::Blank);
            lines.extend(self.redirects(FALLBACKS, |names| variable(prefix, names)));
            lines.push(SnippetLine::Blank);
            lines.extend(self.forces(|names| variable(prefix, names)));
        }
        let [sign_out, create, leave] = [Flow::SignOut, Flow::CreateOrganization, Flow::LeaveOrganization].map(Flow::label);
        let others = format!("“{sign_out}”, “{create}” and “{leave}” have no variables: see below.");
        let about = match self.framework {
            Framework::Astro => "The addresses of the pages. Redirects have no variables in Astro: see below.".to_owned(),
            Framework::TanStackStart => {
                format!("For sign-in and sign-up. Only the server reads the redirects, so their names have no `VITE_`. {others}")
            }
            _ => format!("For sign-in and sign-up. {others}"),
        };
        let template = Template { head: String::new(), open: "", syntax: Syntax::Env, indent: 0, tail: "" };
        let file = self.framework.env_file();
        Some(Block { title: "Environment variables", about, file, code: template.fill(&lines) })
    }

    /// The settings of the whole application.
    fn settings(&self) -> Block {
        let file = self.framework.settings();
        let prop = |names: Names| names.prop.to_owned();
        let in_env = self.framework.prefix(SettingKind::Redirect).is_some();
        let mut lines = Vec::new();
        if self.framework.prefix(SettingKind::Page).is_none() {
            lines.extend(self.pages(prop));
        }
        if !in_env {
            lines.extend(self.redirects(FALLBACKS, prop));
        }
        lines.extend(self.setting(Flow::SignOut, "afterSignOutUrl"));
        if in_env {
            lines.push(SnippetLine::Comment("Instead of the variables:".into()));
            lines.extend(FALLBACKS.map(|names| SnippetLine::Off { name: prop(names), url: self.target(names.flow).url.into() }));
        } else {
            lines.extend(self.forces(prop));
        }
        Block { title: file.title, about: file.about.into(), file: file.file, code: file.template.fill(&lines) }
    }

    /// The settings for organizations.
    fn organizations(&self) -> Block {
        let created = self.setting(Flow::CreateOrganization, "afterCreateOrganizationUrl");
        let left = self.setting(Flow::LeaveOrganization, "afterLeaveOrganizationUrl");
        let lines: Vec<_> = created.into_iter().chain(left).collect();
        let file = self.framework.organizations();
        Block { title: file.title, about: file.about.into(), file: file.file, code: file.template.fill(&lines) }
    }

    fn pages(&self, name: impl Fn(Names) -> String) -> Vec<SnippetLine> {
        let origin = self.instance.portal_origin().as_str();
        let page =
            |names: Names| SnippetLine::Set { name: name(names), url: format!("{origin}{}", names.flow.page().map_or("", Page::path)) };
        let comment = SnippetLine::Comment("The portal's pages, or your application's own pages if it has them".into());
        [comment].into_iter().chain(PAGES.map(page)).collect()
    }

    fn redirects(&self, all: [Names; 2], name: impl Fn(Names) -> String) -> Vec<SnippetLine> {
        all.into_iter().flat_map(|names| self.setting(names.flow, &name(names))).collect()
    }

    fn setting(&self, flow: Flow, name: &str) -> [SnippetLine; 2] {
        let target = self.target(flow);
        [SnippetLine::Comment(target.comment), SnippetLine::Set { name: name.to_owned(), url: target.url.into() }]
    }

    fn forces(&self, name: impl Fn(Names) -> String) -> Vec<SnippetLine> {
        let off = |names: Names| SnippetLine::Off { name: name(names), url: self.target(names.flow).url.into() };
        let comment = SnippetLine::Comment("These win over a link's own redirect_url; the instance stores none:".into());
        [comment].into_iter().chain(FORCES.map(off)).collect()
    }

    fn notes(&self) -> Vec<Note> {
        let [logo, waitlist] = [Flow::Logo, Flow::Waitlist].map(|flow| self.target(flow).url.into());
        let mut notes = vec![
            Note {
                title: Flow::Logo.label(),
                text: "There is no variable and no prop for it. The closest setting is `logoLinkUrl` among the options of `appearance`. The portal's logo leads to:".into(),
                url: Some(logo),
            },
            Note {
                title: Flow::Waitlist.label(),
                text: "There is no variable and no setting for the whole application. `<Waitlist>` itself takes `afterJoinWaitlistUrl`. The portal's waitlist leads to:".into(),
                url: Some(waitlist),
            },
        ];
        for FlowTarget { flow, url, .. } in
            [Flow::SignIn, Flow::SignUp].map(|flow| self.target(flow)).into_iter().filter(|target| !target.is_followed)
        {
            notes.push(Note {
                title: flow.label(),
                text: "The components follow a URL on another origin only if the setting `allowedRedirectOrigins` lists that origin:"
                    .into(),
                url: Some(url.origin().ascii_serialization()),
            });
        }
        if has_placeholder(&self.target(Flow::CreateOrganization).url) {
            notes.push(Note {
                title: Flow::CreateOrganization.label(),
                text: "The components replace a name after a colon, like `:slug`, with the organization's own value. The portal uses the URL as it is.".into(),
                url: None,
            });
        }
        notes
    }
}

/// Whether Clerk's components may find a placeholder, a name after a colon, in the URL.
fn has_placeholder(url: &Url) -> bool {
    url.port().is_none() && url[Position::AfterPort..].split(':').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}
