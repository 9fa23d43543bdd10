//! Sends what waits in the outbox. Several runtimes may do that at the same time: each takes mails that no other one has taken.

use std::{convert::Infallible, time::Duration};

use app::{
    database::{is_outage, log_failure},
    mail::{
        content,
        store::{self, DueMail},
    },
};
use futures_util::{StreamExt, stream};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::{Mailer, SendError};

/// How many mails are taken at a time. All of them are sent, with every timeout, before another runtime may take them.
const BATCH: i64 = 8;

/// How many mails are sent at the same time.
const MAX_SENDING: usize = 4;

/// How often it looks for mails that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long it waits after the database did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);

/// How often it measures the outbox.
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);

/// The pause after a mail was not sent for the first time. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

/// The longest pause of a mail.
const MAX_PAUSE: Duration = Duration::from_mins(30);

/// The longest pause of everything while the mail server can't be reached.
const MAX_OUTAGE_PAUSE: Duration = Duration::from_mins(1);

/// What the dashboard shows of a mail that can't be written.
const NOT_WRITTEN: &str = "The mail can't be written: the database returns an error, which is in the server's log.";

/// How often what is old is deleted.
const CLEANING_INTERVAL: Duration = Duration::from_mins(1);

/// Deletes what is old as long as the server runs, also if it sends no mail: codes and what waits for one hold personal data.
pub(crate) async fn clean_up(pool: &PgPool) -> Infallible {
    loop {
        if let Err(error) = store::delete_old(pool).await {
            log_failure(&error, "codes and mails that are old are not deleted");
        }
        sleep(CLEANING_INTERVAL).await;
    }
}

/// Sends mails as long as the server runs.
pub(crate) async fn run(pool: PgPool, mailer: Mailer) -> Infallible {
    let (mut measured, mut outages) = (None::<Instant>, 0);
    loop {
        if measured.is_none_or(|at| at.elapsed() >= MEASURE_INTERVAL) {
            if let Err(error) = measure(&pool).await {
                log_failure(&error, "the outbox can't be measured");
            }
            measured = Some(Instant::now());
        }
        let pause = match send_due(&pool, &mailer).await {
            Ok(Sent { count: 0, .. }) => POLL_INTERVAL,
            Ok(Sent { is_unreachable: false, .. }) => {
                outages = 0;
                Duration::ZERO
            }
            Ok(Sent { is_unreachable: true, .. }) => {
                outages += 1;
                doubled(POLL_INTERVAL, outages, MAX_OUTAGE_PAUSE)
            }
            Err(error) => {
                log_failure(&error, "the outbox can't be read");
                RETRY_INTERVAL
            }
        };
        sleep(pause).await;
    }
}

/// What came of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// How many mails were due.
    pub(super) count: usize,
    /// Whether the mail server could not be reached.
    pub(super) is_unreachable: bool,
}

/// Sends some mails that are due.
pub(super) async fn send_due(pool: &PgPool, mailer: &Mailer) -> sqlx::Result<Sent> {
    let due = store::claim(pool, BATCH).await?;
    let count = due.len();
    let done: Vec<_> = stream::iter(due).map(|mail| deliver(pool, mailer, mail)).buffer_unordered(MAX_SENDING).collect().await;
    let mut sent = Sent { count, is_unreachable: false };
    for outcome in done {
        sent.is_unreachable |= outcome?;
    }
    Ok(sent)
}

/// Sends one mail and stores what came of it. Returns whether the mail server could not be reached.
async fn deliver(pool: &PgPool, mailer: &Mailer, mail: DueMail) -> sqlx::Result<bool> {
    let message = match content(pool, &mail).await {
        Ok(Some(message)) => message,
        Ok(None) => {
            count("dropped");
            store::remove(pool, mail.id).await?;
            return Ok(false);
        }
        Err(error) if is_outage(&error) => return Err(error),
        Err(error) => {
            log_failure(&error, "a mail can't be written");
            let is_given_up = store::put_off(pool, mail.id, NOT_WRITTEN, doubled(FIRST_PAUSE, mail.attempts, MAX_PAUSE)).await?;
            count(if is_given_up { "failed" } else { "retried" });
            return Ok(false);
        }
    };
    let error = match mailer.send(&message, &format!("portal-redirects-{}", mail.id)).await {
        Ok(()) => {
            count("sent");
            store::remove(pool, mail.id).await?;
            return Ok(false);
        }
        Err(error) => error,
    };
    let is_given_up = match &error {
        SendError::Refused(text) => {
            store::give_up(pool, mail.id, text).await?;
            true
        }
        SendError::NotNow(text) | SendError::Unreachable(text) => {
            let pause = doubled(FIRST_PAUSE, mail.attempts, MAX_PAUSE);
            store::put_off(pool, mail.id, text, pause).await?
        }
    };
    count(if is_given_up { "failed" } else { "retried" });
    // Without the error's text: it may name the recipient.
    tracing::warn!(mail = mail.id, attempts = mail.attempts, is_given_up, "a mail was not sent; the dashboard's page Server mail says why");
    Ok(matches!(error, SendError::Unreachable(_)))
}

fn count(result: &'static str) {
    metrics::counter!("mail_messages_total", "result" => result).increment(1);
}

/// Measures the outbox.
async fn measure(pool: &PgPool) -> sqlx::Result<()> {
    let size = store::size(pool).await?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer mails than a float can count")]
    for (state, mails) in [("waiting", size.waiting), ("failed", size.failed)] {
        metrics::gauge!("mail_outbox_messages", "state" => state).set(mails as f64);
    }
    metrics::gauge!("mail_outbox_oldest_seconds").set(size.oldest_seconds);
    Ok(())
}

/// A pause that doubles with each time, up to a limit.
pub(super) fn doubled(first: Duration, times: i32, max: Duration) -> Duration {
    let doublings = u32::try_from(times - 1).unwrap_or_default().min(20);
    first.saturating_mul(1 << doublings).min(max)
}
