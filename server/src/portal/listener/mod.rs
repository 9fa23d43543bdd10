//! Keeps what is served fresh, over a connection of its own. It listens first and then asks for the versions of everything in
//! memory, so nothing falls in between; asks again every 15 to 30 s, which notices a lost notification and a dead connection; and
//! starts over after any error. Notifications are only hints: without them it takes those seconds longer.

mod notification;
mod runtime_report;
mod timing;

use std::{collections::BTreeMap, convert::Infallible, future::Future, pin::Pin, time::Duration};

use app::{
    instances::store::StoreError,
    runtimes::{Runtime, RuntimeRole},
};
use sqlx::{
    Acquire,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::snapshot::Snapshots;
use runtime_report::Report;
pub use timing::Pace;

/// The channel on which the database says versions (migration 3).
const VERSIONS: &str = "portal_redirects_versions";

/// Why it starts over.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("the connection ended")]
    Ended,
    #[error("PostgreSQL does not answer in time")]
    TooLong,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Sends a notification and waits for as long as it may take; answers whether it was sent.
type Probe = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Keeps one process' memory fresh, and says in the database how far it is.
#[derive(Debug)]
pub struct Listener {
    snapshots: Snapshots,
    options: PgConnectOptions,
    pace: Pace,
    report: Report,
    /// On this channel it hears whether notifications arrive at all.
    probe_channel: String,
    /// That they don't has been said.
    is_said: bool,
}

impl Listener {
    /// Listens to the database that the memory is loaded from.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new(snapshots: Snapshots, role: RuntimeRole) -> anyhow::Result<Self> {
        let options = PgConnectOptions::clone(&snapshots.pool().connect_options());
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        let id = format!("{:032x}", u128::from_be_bytes(bytes));
        let probe_channel = format!("portal_redirects_probe_{id}");
        let report = Report::new(Runtime { id, role });
        Ok(Self { snapshots, options, pace: Pace::default(), report, probe_channel, is_said: false })
    }

    /// Over another way than the memory is loaded by.
    #[must_use]
    pub fn over(self, options: PgConnectOptions) -> Self {
        Self { options, ..self }
    }

    /// At another pace than the usual one.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Who it says it is.
    pub fn runtime(&self) -> &Runtime {
        self.report.runtime()
    }

    /// Goes on for ever.
    pub async fn run(mut self) -> Infallible {
        let mut failures = 0;
        loop {
            let Err(error) = self.follow(&mut failures).await;
            self.snapshots.lose();
            self.snapshots.record();
            if failures == 0 {
                tracing::warn!(%error, "PostgreSQL is lost; what is in memory is served on");
            } else {
                tracing::debug!(%error, failures, "PostgreSQL is still lost");
            }
            sleep(self.pace.rest(failures)).await;
            failures += 1;
        }
    }

    /// Follows one connection until it is lost.
    async fn follow(&mut self, failures: &mut u32) -> Result<Infallible, Lost> {
        let mut listener = in_time(self.pace.patience, connect(self.options.clone())).await?;
        let listens = self.listen(&mut listener).await?;
        self.ask(&mut listener).await?;
        if *failures > 0 {
            tracing::info!("PostgreSQL is back, and what is in memory is up to date");
        }
        *failures = 0;
        let mut probe = listens.then(|| self.probe());
        let mut next = Instant::now() + self.pace.until_next();
        loop {
            tokio::select! {
                received = listener.try_recv() => {
                    let first = received?.ok_or(Lost::Ended)?;
                    let mut heard = BTreeMap::new();
                    for notification in std::iter::once(first).chain(std::iter::from_fn(|| listener.next_buffered())) {
                        if notification.channel() == self.probe_channel {
                            self.hear_probe(&mut probe);
                        } else if let Some((id, version)) = notification::read(notification.payload()) {
                            heard.entry(id).and_modify(|there: &mut i64| *there = version.max(*there)).or_insert(version);
                        }
                    }
                    self.apply(&mut listener, heard).await?;
                }
                sent = waited(&mut probe) => {
                    probe = None;
                    if sent {
                        self.say_silent("notifications do not arrive, as behind a pooler of transactions");
                    }
                }
                () = sleep_until(next) => {
                    self.ask(&mut listener).await?;
                    next = Instant::now() + self.pace.until_next();
                }
            }
        }
    }

    /// Answers whether this database lets anybody listen: one that only reads does not.
    async fn listen(&mut self, listener: &mut PgListener) -> Result<bool, Lost> {
        let channels = [VERSIONS, &self.probe_channel.clone()];
        match in_time(self.pace.patience, listener.listen_all(channels)).await {
            Ok(()) => Ok(true),
            Err(Lost::Database(sqlx::Error::Database(error))) => {
                self.say_silent(&format!("the database lets nobody listen to notifications ({error})"));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for the versions of everything in memory, and says that this was done.
    async fn ask(&mut self, listener: &mut PgListener) -> Result<(), Lost> {
        let connection = in_time(self.pace.patience, listener.acquire()).await?;
        let at = in_time(self.pace.patience_for_many(), self.snapshots.catch_up_over(connection)).await?;
        in_time(self.pace.patience, self.report.beat(connection, at)).await?;
        self.snapshots.record();
        Ok(())
    }

    /// Takes versions that were heard of: what is older in memory is loaded anew, and then they are reported, as nothing older is
    /// served from now on.
    async fn apply(&mut self, listener: &mut PgListener, mut heard: BTreeMap<i64, i64>) -> Result<(), Lost> {
        if heard.is_empty() {
            return Ok(());
        }
        let stale: Vec<i64> = heard.iter().filter(|(id, version)| self.snapshots.hear(**id, **version)).map(|(id, _)| *id).collect();
        let connection = in_time(self.pace.patience, listener.acquire()).await?;
        if !stale.is_empty() {
            in_time(self.pace.patience_for_many(), self.snapshots.reload(connection, &stale)).await?;
        }
        let warm: BTreeMap<i64, i64> = heard.keys().filter_map(|id| Some((*id, self.snapshots.version(*id)?))).collect();
        heard.retain(|id, version| warm.get(id).is_none_or(|served| served >= version));
        in_time(self.pace.patience, self.report.acknowledge(connection, &heard, |id| warm.contains_key(&id))).await?;
        self.snapshots.record();
        Ok(())
    }

    /// Sends a notification over another connection, which a pooler may lead elsewhere.
    fn probe(&self) -> Probe {
        let (pool, channel, patience) = (self.snapshots.pool().clone(), self.probe_channel.clone(), self.pace.probe);
        Box::pin(async move {
            let sending = sqlx::query("select pg_notify($1, '')").bind(channel).execute(&pool);
            let sent = timeout(patience, sending).await.is_ok_and(|sent| sent.is_ok());
            sleep(patience).await;
            sent
        })
    }

    fn hear_probe(&mut self, probe: &mut Option<Probe>) {
        *probe = None;
        if std::mem::take(&mut self.is_said) {
            tracing::info!("notifications arrive now");
        }
    }

    fn say_silent(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_said, true) {
            tracing::warn!("{why}: versions are asked for every {} instead", self.pace);
        }
    }
}

/// Nothing on the way may take for ever.
async fn in_time<T, E: Into<Lost>>(patience: Duration, step: impl Future<Output = Result<T, E>>) -> Result<T, Lost> {
    timeout(patience, step).await.map_err(|_| Lost::TooLong)?.map_err(Into::into)
}

/// A connection of its own. The listener's own ways to connect again are not used: what is missed meanwhile would not be known.
async fn connect(options: PgConnectOptions) -> sqlx::Result<PgListener> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options.application_name("portal-redirects listener"));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    Ok(listener)
}

async fn waited(probe: &mut Option<Probe>) -> bool {
    match probe {
        Some(probe) => probe.await,
        None => std::future::pending().await,
    }
}
