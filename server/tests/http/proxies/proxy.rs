//! A proxy as a process of a test's own, with the file of `server/proxies` that its operator would use: only addresses, ports and the
//! places of certificates are the test's.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::tls::Tls;

/// How long a proxy may take to start.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nginx,
    /// nginx with a `proxy_pass` and nothing else.
    BareNginx,
    Caddy,
    Haproxy,
}

/// A proxy that takes connections.
pub(super) struct Proxy {
    child: Child,
    pub(super) port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Proxy {
    /// Starts it in front of a server.
    pub(super) fn start(kind: Kind, server: &str, tls: &Tls, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| -> PathBuf {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (certificate, key) = (write("tls.crt", &tls.certificate), write("tls.key", &tls.key));
        let both = write("tls.pem", &format!("{}{}", tls.certificate, tls.key));
        let (certificate, key, both) = (shown(&certificate), shown(&key), shown(&both));
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = match kind {
            Kind::Nginx | Kind::BareNginx => {
                let site = replaced(
                    "nginx.conf",
                    &[
                        ("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl")),
                        ("/etc/ssl/portal-redirects.crt", &certificate),
                        ("/etc/ssl/portal-redirects.key", &key),
                        ("127.0.0.1:3000", server),
                    ],
                );
                let site = if kind == Kind::BareNginx { bare(&site) } else { site };
                let site = shown(&write("site.conf", &site));
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {};", shown(&folder.path().join(name))))
                    .join(" ");
                let pid = shown(&folder.path().join("pid"));
                let main = format!(
                    "daemon off; master_process off; pid {pid}; error_log stderr; events {{}} http {{ access_log off; {temporary} include {site}; }}"
                );
                let main = shown(&write("main.conf", &main));
                let mut command = program("nginx");
                command.args(["-e", "stderr", "-c", &main]).arg("-p").arg(folder.path());
                command
            }
            Kind::Caddy => {
                // Certificates come from the test, and nothing is asked of the Internet.
                let options = format!("{{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port {port}\n\tservers {{");
                let site = format!("dashboard.myapp.com, accounts.myapp.com {{\n\ttls {certificate} {key}\n\tbind 127.0.0.1\n");
                let text = replaced(
                    "Caddyfile",
                    &[("{\n\tservers {", &options), ("dashboard.myapp.com, accounts.myapp.com {\n", &site), ("127.0.0.1:3000", server)],
                );
                let file = write("Caddyfile", &text);
                let mut command = program("caddy");
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
                command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
                command
            }
            Kind::Haproxy => {
                let text = replaced(
                    "haproxy.cfg",
                    &[
                        ("bind :443", &format!("bind 127.0.0.1:{port}")),
                        ("/etc/haproxy/portal-redirects.pem", &both),
                        ("127.0.0.1:3000", server),
                    ],
                );
                let file = write("haproxy.cfg", &text);
                let mut command = program("haproxy");
                command.arg("-db").arg("-f").arg(file);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{kind:?} does not start ({error}); run .ci/setup tests"));
        let mut proxy = Self { child, port, folder };
        proxy.wait(kind);
        proxy
    }

    /// Waits until it takes connections.
    fn wait(&mut self, kind: Kind) {
        let until = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < until, "{kind:?} does not start: {}", log());
            std::thread::yield_now();
        }
    }
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A file of `server/proxies` with other values in the place of those that an operator would change.
#[track_caller]
fn replaced(name: &str, values: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("proxies").join(name);
    let text = fs::read_to_string(path).unwrap();
    values.iter().fold(text, |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{name}: {from}");
        text.replace(from, to)
    })
}

/// The same without any header for the server.
fn bare(site: &str) -> String {
    site.lines()
        .filter(|line| !line.contains("proxy_set_header") && !line.contains("proxy_http_version"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Debian has servers where not everybody's path leads.
fn program(name: &str) -> Command {
    let in_sbin = Path::new("/usr/sbin").join(name);
    Command::new(if in_sbin.exists() { in_sbin } else { name.into() })
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_files_have_the_lines_that_the_page_names() {
    let files = ["nginx.conf", "Caddyfile", "haproxy.cfg"];
    for (proxy, file) in app::portal::view::PROXIES.iter().zip(files) {
        let text = replaced(file, &[]);
        for line in proxy.lines {
            assert!(text.lines().any(|written| written.trim() == *line), "{file}: {line}");
        }
    }
}
