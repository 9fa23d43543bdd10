//! TLS to a mail server whose certificate is from a company's own authority: a server process sends what is in its outbox, or stores why not.

use std::sync::{Arc, Mutex};

use app::mail::{
    MailKind,
    store::{self, NewMail},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sqlx::{ConnectOptions, PgPool};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::{common::owner, process::Server};

/// When a connection gets TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Implicit,
    Starttls,
}

/// A mail server on this machine, the certificate of its authority, and the mails that it has taken.
struct MailServer {
    url: String,
    authority: String,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn start(tls: Tls) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls == Tls::Implicit { "smtps" } else { "smtp" };
        let server = Self { url: format!("{scheme}://ana:secret@localhost:{port}"), authority: authority.pem(), taken: Arc::default() };
        let taken = Arc::clone(&server.taken);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (acceptor, taken) = (acceptor.clone(), Arc::clone(&taken));
                tokio::spawn(async move {
                    if tls == Tls::Starttls && talk(&mut stream, true, true, &taken).await != Some(true) {
                        return;
                    }
                    // A client that does not trust the certificate ends the connection here.
                    if let Ok(mut stream) = acceptor.accept(stream).await {
                        talk(&mut stream, tls == Tls::Implicit, false, &taken).await;
                    }
                });
            }
        });
        server
    }
}

/// One SMTP dialog. It ends with true if TLS is to begin. Without TLS, it takes nothing else.
async fn talk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    greets: bool,
    offers_tls: bool,
    taken: &Mutex<Vec<String>>,
) -> Option<bool> {
    let mut stream = BufReader::new(stream);
    if greets {
        stream.write_all(b"220 test ESMTP\r\n").await.ok()?;
    }
    let (mut line, mut mail, mut is_data) = (String::new(), String::new(), false);
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return Some(false);
        }
        if is_data && line != ".\r\n" {
            mail.push_str(&line);
            continue;
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "." => {
                is_data = false;
                taken.lock().unwrap().push(std::mem::take(&mut mail));
                "250 taken"
            }
            "EHLO" if offers_tls => "250-test\r\n250 STARTTLS",
            "EHLO" => "250-test\r\n250 AUTH PLAIN",
            "STARTTLS" if offers_tls => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                return Some(true);
            }
            _ if offers_tls => "530 begin TLS first",
            "AUTH" => "235 in",
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => return Some(false),
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

/// What a server process makes of a mail in the outbox: the error that is stored, or `None` once the mail is sent.
async fn send(pool: &PgPool, server: &MailServer, authorities: Option<&str>) -> Option<String> {
    let owner = owner(pool).await;
    let recipient = owner.name.parse().unwrap();
    let mut connection = pool.acquire().await.unwrap();
    assert!(
        store::add(&mut connection, NewMail::to_admin(MailKind::AdminPasswordChanged, &recipient, "https://dashboard.test/"))
            .await
            .unwrap()
    );
    drop(connection);
    let url = pool.connect_options().to_url_lossy();
    let flags = ["--smtp-url", &server.url, "--mail-from", "no-reply@myapp.com"];
    let variables: Vec<_> = authorities.map(|path| ("SSL_CERT_FILE", path)).into_iter().collect();
    let process = Server::start(url.as_str(), &flags, &variables);
    let outcome = loop {
        match store::list(pool).await.unwrap().pop() {
            None => break None,
            Some(mail) if mail.error.is_some() => break mail.error,
            Some(_) => tokio::task::yield_now().await,
        }
    };
    process.stop();
    outcome
}

#[sqlx::test(migrations = "../migrations")]
async fn an_authority_that_the_system_trusts_is_enough(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authorities.pem");
    for tls in [Tls::Implicit, Tls::Starttls] {
        let server = MailServer::start(tls).await;
        std::fs::write(&path, &server.authority).unwrap();
        assert_eq!(send(&pool, &server, path.to_str()).await, None, "{tls:?}");
        let taken = server.taken.lock().unwrap().clone();
        assert!(taken.len() == 1 && taken[0].contains("Your password for Portal Redirects was changed"), "{tls:?}: {taken:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_server_of_an_unknown_authority_gets_nothing_and_the_outbox_says_why(pool: PgPool) {
    for tls in [Tls::Implicit, Tls::Starttls] {
        let server = MailServer::start(tls).await;
        let error = send(&pool, &server, None).await.expect("it is not sent");
        assert!(error.contains("does not trust the certificate's authority") && error.contains("SSL_CERT_FILE"), "{tls:?}: {error}");
        assert!(!error.contains("secret"), "{error}");
        assert!(server.taken.lock().unwrap().is_empty());
        sqlx::query("delete from mails").execute(&pool).await.unwrap();
    }
}
