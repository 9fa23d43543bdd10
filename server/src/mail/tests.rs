//! Sending mail to servers that behave and misbehave.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{
    admins::Email,
    credentials::code::Code,
    fixtures::{account, owner},
    mail::{
        MailKind, Message,
        store::{self, NewMail},
        test_message,
    },
};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{Mailer, SendError, runner};

/// How a mail server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behavior {
    /// It takes everything.
    Takes,
    /// It refuses mail for `nobody@myapp.com` for good, and repeats what was sent to it.
    RefusesNobody,
    /// It takes nothing now.
    IsBusy,
    /// It refuses the user name and the password.
    RefusesSignIn,
    /// It says nothing at all.
    IsSilent,
    /// It stops answering when the mail is to be sent.
    Stalls,
    /// It offers no STARTTLS.
    Plain,
}

/// A mail server on a port of its own, and what it has taken: each mail with its envelope.
#[derive(Clone)]
struct Sink {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    async fn new(behavior: Behavior) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let sink = Self { port: listener.local_addr().unwrap().port(), taken: Arc::default() };
        let taken = Arc::clone(&sink.taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, behavior, Arc::clone(&taken)));
            }
        });
        sink
    }

    fn mailer(&self) -> Mailer {
        mailer_at(&format!("smtp://127.0.0.1:{}?tls=none", self.port))
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

fn mailer_at(url: &str) -> Mailer {
    Mailer::with_timeout(&url.parse().unwrap(), "no-reply@myapp.com", Duration::from_millis(400)).unwrap()
}

/// One SMTP dialog.
async fn talk(stream: TcpStream, behavior: Behavior, taken: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    if behavior == Behavior::IsSilent {
        return std::future::pending().await;
    }
    writer.write_all(b"220 sink ESMTP\r\n").await.ok()?;
    let (mut mail, mut is_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await.ok()? {
        if is_data {
            if line != "." {
                mail.push_str(&line);
                mail.push_str("\r\n");
                continue;
            }
            is_data = false;
            taken.lock().unwrap().push(std::mem::take(&mut mail));
            writer.write_all(b"250 taken\r\n").await.ok()?;
            continue;
        }
        let answer = match line.split([' ', ':']).next().unwrap().to_uppercase().as_str() {
            "EHLO" => "250-sink\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME".to_owned(),
            "AUTH" if behavior == Behavior::RefusesSignIn => format!("535 wrong: {line}"),
            "AUTH" => "235 in".to_owned(),
            "MAIL" | "RSET" | "NOOP" => "250 fine".to_owned(),
            "RCPT" if behavior == Behavior::RefusesNobody && line.contains("nobody@") => format!("550 5.1.1 no such user here: {line}"),
            "RCPT" if behavior == Behavior::IsBusy => "451 try later".to_owned(),
            "RCPT" => {
                mail.push_str(&line);
                mail.push_str("\r\n");
                "250 fine".to_owned()
            }
            "DATA" if behavior == Behavior::Stalls => return std::future::pending().await,
            "DATA" => {
                is_data = true;
                "354 go on".to_owned()
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => "500 what".to_owned(),
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn message(recipient: &str) -> Message {
    Message { recipient: recipient.to_owned(), ..test_message(&email("ana@myapp.com")) }
}

/// Adds a mail about a changed password of an admin.
async fn add(pool: &PgPool, recipient: &str) {
    let mut connection = pool.acquire().await.unwrap();
    let recipient = email(recipient);
    let mail = NewMail::to_admin(MailKind::AdminPasswordChanged, &recipient, "https://dashboard.test/account/forgot-password");
    assert!(store::add(&mut connection, mail).await.unwrap());
}

#[tokio::test]
async fn a_mail_arrives_with_both_texts_and_without_anything_remote() {
    let sink = Sink::new(Behavior::Takes).await;
    sink.mailer().send(&message("ana@myapp.com"), "portal-redirects-7").await.unwrap();
    let taken = sink.taken();
    let mail = taken.first().unwrap();
    for part in [
        "RCPT TO:<ana@myapp.com>",
        "From: \"Portal Redirects\" <no-reply@myapp.com>",
        "Subject: Test mail of Portal Redirects",
        "Message-ID: <portal-redirects-7@myapp.com>",
        "Auto-Submitted: auto-generated",
        "text/plain",
        "text/html",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    assert!(!mail.contains("http"), "{mail}");
}

#[tokio::test]
async fn no_name_can_add_a_header_or_a_recipient() {
    let sink = Sink::new(Behavior::Takes).await;
    let hostile = "MyApp\r\nBcc: eve@evil.test\r\n\r\n.\r\nMAIL FROM:<eve@evil.test>\r\n";
    let long = "ü".repeat(5_000);
    for name in [
        hostile,
        "a\nBcc: eve@evil.test",
        "a\rBcc: eve@evil.test",
        "=?utf-8?q?x=0D=0ABcc:=20eve@evil.test?=",
        "\0\u{2028}Bcc: x",
        &long,
        "\"><eve@evil.test>",
        "",
    ] {
        let message = Message {
            sender_name: name.to_owned(),
            subject: name.to_owned(),
            plain: format!("{name}\r\n.\r\nQUIT\r\n"),
            html: name.to_owned(),
            ..message("ana@myapp.com")
        };
        sink.mailer().send(&message, "1").await.unwrap();
        let mail = sink.taken().pop().unwrap();
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> =
            head.lines().filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect();
        let mut expected =
            ["RCPT TO", "From", "To", "Subject", "Message-ID", "MIME-Version", "Date", "Content-Type", "Auto-Submitted"].to_vec();
        let mut found = names.clone();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{head}");
        assert!(head.lines().all(|line| line.len() < 998 && line.is_ascii()), "{head}");
        assert_eq!(head.matches("RCPT TO").count(), 1);
    }
    assert_eq!(sink.taken().len(), 8, "one mail each");
}

#[tokio::test]
async fn an_address_is_sent_to_as_it_is_or_not_at_all() {
    let sink = Sink::new(Behavior::Takes).await;
    sink.mailer().send(&message("ana@bücher.example"), "1").await.unwrap();
    assert!(sink.taken()[0].contains("RCPT TO:<ana@xn--bcher-kva.example>"), "{:?}", sink.taken());
    // Letters before the @ need a server that says SMTPUTF8.
    for recipient in ["jürgen@myapp.com", "a\r\nRCPT TO:<eve@evil.test>@myapp.com", "ana>@myapp.com", "ana@[127.0.0.1]", "ana@", "ana"] {
        let error = sink.mailer().send(&message(recipient), "1").await.unwrap_err();
        assert!(matches!(error, SendError::Refused(_)), "{recipient}: {error:?}");
    }
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn an_answer_that_repeats_a_secret_is_told_without_it() {
    let sink = Sink::new(Behavior::RefusesNobody).await;
    let code = Code::new().unwrap().to_string();
    let recipient = format!("nobody@{}.myapp.com", code.to_lowercase());
    let error = sink.mailer().send(&Message { secrets: vec![code.clone()], ..message(&recipient) }, "1").await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(text) if text.contains("550") && text.contains("no such user")), "{error:?}");
    assert!(!error.to_string().contains(&code), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_no_fault_of_the_mail_and_is_not_told() {
    let sink = Sink::new(Behavior::RefusesSignIn).await;
    let mailer = mailer_at(&format!("smtp://ana:hunter2hunter2@127.0.0.1:{}?tls=none", sink.port));
    for error in [mailer.send(&message("ana@myapp.com"), "1").await.unwrap_err(), mailer.check().await.unwrap_err()] {
        let text = error.to_string();
        assert!(matches!(error, SendError::Unreachable(_)) && text.contains("535"), "{error:?}");
        // AUTH PLAIN sends the Base64 of both.
        assert!(!text.contains("hunter2") && !text.contains("AGFuYQBodW50ZXIyaHVudGVyMg"), "{text}");
    }
    assert!(!format!("{mailer:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_down_slow_or_without_tls_gets_nothing() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let down = Sink { port: closed, taken: Arc::default() };
    let (silent, stalls, plain) =
        (Sink::new(Behavior::IsSilent).await, Sink::new(Behavior::Stalls).await, Sink::new(Behavior::Plain).await);
    let mailers = [down.mailer(), silent.mailer(), stalls.mailer(), mailer_at(&format!("smtp://ana:secret@127.0.0.1:{}", plain.port))];
    for mailer in mailers {
        let error = mailer.send(&message("ana@myapp.com"), "1").await.unwrap_err();
        assert!(!matches!(error, SendError::NotNow(_)), "{mailer:?}: {error:?}");
    }
    assert!(plain.taken().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn one_refused_recipient_keeps_no_other_mail_back(pool: PgPool) {
    for recipient in ["ana@myapp.com", "nobody@myapp.com", "ben@myapp.com"] {
        account(&pool, recipient, false).await;
        add(&pool, recipient).await;
    }
    let sink = Sink::new(Behavior::RefusesNobody).await;
    assert_eq!(runner::send_due(&pool, &sink.mailer()).await.unwrap(), runner::Sent { count: 3, is_unreachable: false });
    assert_eq!(sink.taken().len(), 2);
    let left = store::list(&pool).await.unwrap();
    let [failed] = &left[..] else { panic!("{}", left.len()) };
    assert_eq!((failed.recipient.as_str(), failed.attempts, failed.failed_at.is_some()), ("nobody@myapp.com", 1, true));
    assert!(failed.error.as_ref().unwrap().contains("no such user"), "{:?}", failed.error);
    // It is not tried again, until somebody says so.
    assert_eq!(runner::send_due(&pool, &sink.mailer()).await.unwrap().count, 0);
    assert!(store::retry(&pool, failed.id).await.unwrap());
    assert_eq!(runner::send_due(&pool, &sink.mailer()).await.unwrap().count, 1);
    assert!(store::discard(&pool, failed.id).await.unwrap());
    assert!(store::list(&pool).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_waits_while_the_server_is_down_and_is_given_up_in_the_end(pool: PgPool) {
    account(&pool, "ana@myapp.com", false).await;
    add(&pool, "ana@myapp.com").await;
    let down = Sink { port: TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port(), taken: Arc::default() };
    assert_eq!(runner::send_due(&pool, &down.mailer()).await.unwrap(), runner::Sent { count: 1, is_unreachable: true });
    let busy = Sink::new(Behavior::IsBusy).await;
    // It has its pause now.
    assert_eq!(runner::send_due(&pool, &busy.mailer()).await.unwrap().count, 0);
    sqlx::query("update mails set due_at = now()").execute(&pool).await.unwrap();
    assert_eq!(runner::send_due(&pool, &busy.mailer()).await.unwrap(), runner::Sent { count: 1, is_unreachable: false });
    let waiting = store::list(&pool).await.unwrap().pop().unwrap();
    assert_eq!((waiting.attempts, waiting.failed_at), (2, None));
    assert!(waiting.error.unwrap().contains("451"));
    assert_eq!(store::size(&pool).await.unwrap().waiting, 1);
    sqlx::query("update mails set due_at = now(), give_up_at = now() + interval '20 seconds'").execute(&pool).await.unwrap();
    runner::send_due(&pool, &busy.mailer()).await.unwrap();
    assert!(store::list(&pool).await.unwrap().pop().unwrap().failed_at.is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn of_several_runtimes_one_sends_each_mail(pool: PgPool) {
    for n in 0..20 {
        account(&pool, &format!("ana{n}@myapp.com"), false).await;
        add(&pool, &format!("ana{n}@myapp.com")).await;
    }
    let sink = Sink::new(Behavior::Takes).await;
    let mailers = [sink.mailer(), sink.mailer(), sink.mailer()];
    let rounds = futures_util::future::join_all(mailers.iter().map(|mailer| runner::send_due(&pool, mailer))).await;
    let taken: usize = rounds.into_iter().map(|sent| sent.unwrap().count).sum();
    assert_eq!((taken, sink.taken().len()), (20, 20));
    let mut recipients: Vec<_> = sink.taken().iter().map(|mail| mail.lines().next().unwrap().to_owned()).collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!(recipients.len(), 20);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_with_nothing_to_say_is_dropped_even_while_the_server_is_down(pool: PgPool) {
    owner(&pool).await;
    add(&pool, "stranger@myapp.com").await;
    let down = Sink { port: 1, taken: Arc::default() };
    assert_eq!(runner::send_due(&pool, &down.mailer()).await.unwrap(), runner::Sent { count: 1, is_unreachable: false });
    assert!(store::list(&pool).await.unwrap().is_empty());
}

#[test]
fn pauses_grow_up_to_a_limit() {
    let (first, max) = (Duration::from_secs(15), Duration::from_mins(30));
    let pauses: Vec<u64> = [1, 2, 3, 8, 9, 1_000].into_iter().map(|times| runner::doubled(first, times, max).as_secs()).collect();
    assert_eq!(pauses, [15, 30, 60, 1_800, 1_800, 1_800]);
}
