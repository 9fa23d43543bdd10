//! What is wrong with the proxy in front of the server, as a request shows it, and what to set in nginx, Caddy and HAProxy.

use leptos::prelude::*;

/// A mistake in how the proxy and the server are set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyMistake {
    /// Neither the dashboard nor a portal has the host that arrives here; `None` if the request names none.
    Host(Option<String>),
    /// This header tells the client's address, and the server does not read it.
    ClientAddress(String),
}

/// What a proxy must set.
#[derive(Clone, Copy, Debug)]
pub struct ProxySettings {
    /// The proxy.
    pub name: &'static str,
    /// Where the lines belong, and what else to look for.
    pub place: &'static str,
    /// The lines.
    pub lines: &'static [&'static str],
}

/// The settings of each proxy. `server/proxies` has whole files with these lines, which a test runs.
pub const PROXIES: [ProxySettings; 3] = [
    ProxySettings {
        name: "nginx",
        place: "In the location with proxy_pass:",
        lines: &["proxy_set_header Host $http_host;", "proxy_set_header X-Real-IP $remote_addr;"],
    },
    ProxySettings {
        name: "Caddy",
        place: "In reverse_proxy. Caddy passes the host on, unless header_up Host changes it:",
        lines: &["header_up X-Real-IP {remote_host}"],
    },
    ProxySettings {
        name: "HAProxy",
        place: "In the frontend. HAProxy passes the host on, unless set-header Host changes it:",
        lines: &["http-request set-header X-Real-IP %[src]"],
    },
];

/// The server's side of it.
const SERVER: &str = "Start the server with --client-address XRealIp, and with the URL that people open as --dashboard-url. A portal's host \
     is the portal origin in the settings of its instance.";

impl ProxyMistake {
    /// The heading.
    pub fn heading(&self) -> &'static str {
        match self {
            Self::Host(_) => "Nothing is served under this host name",
            Self::ClientAddress(_) => "The proxy and the server don't fit together",
        }
    }

    /// What is wrong, and that the operator has to fix it.
    fn sentences(&self) -> String {
        let operator = "If you run this server, set this in the proxy in front of it.";
        match self {
            Self::Host(Some(host)) => {
                format!("The request came with the host {host}. Neither the dashboard nor a portal has it. {operator}")
            }
            Self::Host(None) => format!("The request came without a host. {operator}"),
            Self::ClientAddress(header) => format!(
                "A proxy sent the header {header}, but the server does not read it: its option --client-address is ConnectInfo. All \
                 visitors would have the proxy's address and share one limit. {operator}"
            ),
        }
    }

    /// All of it as one text, for programs.
    pub fn text(&self) -> String {
        let proxies = PROXIES.map(|proxy| format!("{}: {}", proxy.name, proxy.lines.join(" "))).join(" — ");
        format!("{} {proxies} — {SERVER}", self.sentences())
    }
}

/// The text below the heading.
pub(super) fn proxy_mistake(mistake: &ProxyMistake) -> AnyView {
    let proxies = PROXIES.map(|ProxySettings { name, place, lines }| {
        view! {
            <section>
                <h2>{name}</h2>
                <p class="help">{place}</p>
                <pre>{lines.join("\n")}</pre>
            </section>
        }
    });
    view! {
        <p>{mistake.sentences()}</p>
        {proxies.into_iter().collect_view()}
        <section>
            <h2>"The server"</h2>
            <p>{SERVER}</p>
        </section>
    }
    .into_any()
}
