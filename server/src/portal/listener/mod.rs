//! Keeps the snapshots up to date, and what the runtime remembers of sessions, over its own connection to PostgreSQL.
//!
//! It listens first and then reads the last saves of all instances in memory, so that no save falls in between. It reads them again
//! every 15 to 30 s, which notices lost notifications and dead connections. After an error it starts over. Notifications are only
//! hints: without them, a save takes those seconds longer.
//!
//! Behind a pooler in transaction mode it does not listen: its LISTEN would stay on a connection that others get, and sqlx ends a query
//! with an error when a notification arrives in between, even that of a save that is stored.

mod listening;
mod notification;
mod reloaded;
mod runtime_report;
mod store;
mod timing;

use std::{collections::BTreeMap, convert::Infallible, future::Future, time::Duration};

use app::{
    database::{StoreError, begin_on, timed, timed_on},
    runtimes::{self, Runtime, RuntimeRole, ServedSave},
};
use sqlx::{
    Acquire,
    postgres::{PgConnectOptions, PgListener, PgNotification},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{session_cache::EndedSessions, snapshot::Snapshots};
use crate::database::connector::{ConnectError, Connector};
use listening::{Probe, outcome_of};
use reloaded::Reloaded;
use runtime_report::RuntimeReport;
pub use timing::Timing;

/// The end of the name of its connections in `pg_stat_activity`.
const CONNECTIONS: &str = "listener";

/// Why the listener starts over.
#[derive(Debug, thiserror::Error)]
enum ConnectionLost {
    #[error("the connection ended")]
    Ended,
    #[error("PostgreSQL does not answer in time")]
    Timeout,
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("another host of the database is used now")]
    Switched,
    #[error("its server does not take writes any more")]
    NotTarget,
    #[error("DATABASE_LISTEN_URL leads to another database than DATABASE_URL")]
    AnotherDatabase,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Keeps the snapshots of one process up to date, and reports to the database which versions it serves.
#[derive(Debug)]
pub struct Listener {
    snapshots: Snapshots,
    connector: Connector,
    timing: Timing,
    report: RuntimeReport,
    reloaded: Reloaded,
    /// The channel on which it tests whether notifications arrive at all.
    probe_channel: String,
    /// Whether it has logged that they don't.
    has_warned: bool,
    /// Whether its connection may lead to another database than that of the snapshots.
    has_own_url: bool,
}

impl Listener {
    /// Listens to the database that the snapshots are loaded from.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new(snapshots: Snapshots, role: RuntimeRole) -> anyhow::Result<Self> {
        let connector = Connector::to(PgConnectOptions::clone(&snapshots.pool().connect_options()));
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        let id = format!("{:032x}", u128::from_be_bytes(bytes));
        let probe_channel = format!("portal_redirects_probe_{id}");
        let report = RuntimeReport::new(Runtime { id, role });
        Ok(Self {
            snapshots,
            connector,
            timing: Timing::default(),
            report,
            probe_channel,
            reloaded: Reloaded::default(),
            has_warned: false,
            has_own_url: false,
        })
    }

    /// Over other connections than those of the snapshots' pool.
    #[must_use]
    pub fn with_connector(self, connector: Connector) -> Self {
        Self { connector, ..self }
    }

    /// Over connections by a URL of their own. What it hears counts only if they lead to the database of the snapshots.
    #[must_use]
    pub(crate) fn with_own_url(self, has_own_url: bool) -> Self {
        Self { has_own_url, ..self }
    }

    /// With other times than the default ones.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }

    /// The runtime that it reports for.
    pub fn runtime(&self) -> &Runtime {
        self.report.runtime()
    }

    /// Runs until it is dropped.
    pub async fn run(mut self) -> Infallible {
        let mut failures = 0;
        loop {
            let Err(error) = self.follow(&mut failures).await;
            self.snapshots.sessions().end_hearing();
            self.snapshots.mark_disconnected();
            self.snapshots.record();
            if failures == 0 {
                tracing::warn!(%error, "the connection to PostgreSQL is lost; the instances in memory are still served");
            } else {
                tracing::debug!(%error, failures, "the connection to PostgreSQL is still lost");
            }
            sleep(self.timing.retry_delay_after(failures)).await;
            failures += 1;
        }
    }

    /// Follows one connection until it is lost.
    async fn follow(&mut self, failures: &mut u32) -> Result<Infallible, ConnectionLost> {
        let mut switches = self.connector.switches();
        let options = self.connector.choose(CONNECTIONS).await?;
        switches.mark_unchanged();
        let connecting = timeout(self.timing.step_timeout, store::connect(options)).await.map_err(|_| ConnectionLost::Timeout)?;
        let mut listener = connecting.map_err(|error| self.connector.error(error))?;
        let is_shared = self.is_shared(&mut listener).await?;
        let mut listens = !is_shared && self.listen(&mut listener).await?;
        self.catch_up(&mut listener).await?;
        if *failures > 0 {
            tracing::info!("the connection to PostgreSQL is back, and the instances in memory are up to date");
        }
        *failures = 0;
        let mut probe = listens.then(|| self.probe());
        let mut next = Instant::now() + self.timing.next_poll();
        loop {
            tokio::select! {
                received = listener.try_recv() => {
                    let first = received?.ok_or(ConnectionLost::Ended)?;
                    let buffered = std::iter::once(first).chain(std::iter::from_fn(|| listener.next_buffered())).collect();
                    let announced = self.read_notifications(buffered, &mut probe);
                    self.apply(&mut listener, announced).await?;
                }
                () = sleep_until(self.reloaded.due()), if !self.reloaded.is_empty() => self.acknowledge(&mut listener).await?,
                sent = outcome_of(&mut probe) => {
                    probe = None;
                    if sent {
                        self.warn_without_notifications("notifications do not arrive, as behind a pooler in transaction mode");
                        // The next user of this connection must not get them either.
                        with_timeout(self.timing.step_timeout, listener.unlisten_all()).await?;
                    }
                }
                _ = switches.changed() => return Err(ConnectionLost::Switched),
                () = sleep_until(next) => {
                    // A standby allows it once it has taken over.
                    if !is_shared && !listens && self.listen(&mut listener).await? {
                        (listens, probe) = (true, Some(self.probe()));
                    }
                    self.catch_up(&mut listener).await?;
                    next = Instant::now() + self.timing.next_poll();
                }
            }
        }
    }

    /// Reads the last saves of all instances in memory, and reports that.
    async fn catch_up(&mut self, listener: &mut PgListener) -> Result<(), ConnectionLost> {
        let connection = with_timeout(self.timing.step_timeout, listener.acquire()).await?;
        if !with_timeout(self.timing.step_timeout, self.connector.is_target(connection)).await? {
            return Err(ConnectionLost::NotTarget);
        }
        if self.has_own_url {
            let served = runtimes::store::database(timed(self.snapshots.pool()));
            let heard = with_timeout(self.timing.step_timeout, runtimes::store::database(timed_on(connection))).await?;
            // Where all connections of the pool are in use, this must not wait for them.
            if let Ok(Ok(served)) = timeout(self.timing.step_timeout, served).await
                && served.identity != heard.identity
            {
                return Err(ConnectionLost::AnotherDatabase);
            }
        }
        let (database, reloaded) = self.snapshots.catch_up_over(connection, self.timing.step_timeout).await?;
        with_timeout(self.timing.step_timeout, self.report.send_heartbeat(connection, &database)).await?;
        let served: Vec<ServedSave> = reloaded.into_iter().filter_map(|id| self.snapshots.served(id)).collect();
        if !served.is_empty() {
            // Nobody knows when these saves were committed: they are not measured.
            with_timeout(self.timing.step_timeout, self.report.acknowledge(connection, &served, |_| None)).await?;
        }
        self.snapshots.record();
        Ok(())
    }

    /// The last saves in these notifications, by instance. A probe among them has arrived, and sessions among them have ended.
    fn read_notifications(&mut self, notifications: Vec<PgNotification>, probe: &mut Option<Probe>) -> BTreeMap<i64, ServedSave> {
        let (mut announced, mut ended) = (BTreeMap::new(), EndedSessions::NONE);
        for notification in notifications {
            if notification.channel() == self.probe_channel {
                *probe = None;
                self.snapshots.sessions().begin_hearing();
                self.snapshots.record();
                if std::mem::take(&mut self.has_warned) {
                    tracing::info!("notifications arrive now");
                }
            } else if notification.channel() == store::ENDED_SESSIONS {
                ended = ended.and(notification::read_ended(notification.payload()));
            } else if let Some(save) = notification::read(notification.payload()) {
                // They arrive in the order of the commits.
                announced.insert(save.instance, save);
            }
        }
        self.snapshots.sessions().remove_ended(&ended);
        announced
    }

    /// Reloads the instances in memory that are of other saves than the announced ones.
    async fn apply(&mut self, listener: &mut PgListener, announced: BTreeMap<i64, ServedSave>) -> Result<(), ConnectionLost> {
        if announced.is_empty() {
            return Ok(());
        }
        let is_stale = |save: &&ServedSave| self.snapshots.note(save.instance, save.save_id);
        let stale: Vec<i64> = announced.values().filter(is_stale).map(|save| save.instance).collect();
        let connection = with_timeout(self.timing.step_timeout, listener.acquire()).await?;
        // One transaction, to save two round trips.
        let mut transaction = with_timeout(self.timing.step_timeout, begin_on(connection)).await?;
        // A restore may leave this connection as it is.
        let database = with_timeout(self.timing.step_timeout, runtimes::store::database(&mut *transaction)).await?;
        let is_from_another = self.snapshots.is_from_another(&database);
        if !is_from_another {
            with_timeout(self.timing.reload_timeout(), self.snapshots.reload_in(&mut transaction, &stale)).await?;
        }
        with_timeout(self.timing.step_timeout, transaction.commit()).await?;
        if is_from_another {
            self.catch_up(listener).await?;
        }
        self.reloaded.add(announced);
        Ok(())
    }

    /// Reports what is served after announced saves: of an instance that is not in memory, the announced save, as nothing older will be
    /// loaded.
    async fn acknowledge(&mut self, listener: &mut PgListener) -> Result<(), ConnectionLost> {
        let reloaded = self.reloaded.take();
        let connection = with_timeout(self.timing.step_timeout, listener.acquire()).await?;
        let in_memory: BTreeMap<i64, ServedSave> = reloaded.keys().filter_map(|id| Some((*id, self.snapshots.served(*id)?))).collect();
        let served = reloaded.iter().map(|(id, (save, _))| in_memory.get(id).copied().unwrap_or(*save));
        let served: Vec<ServedSave> = served.collect();
        let served_for = |id| reloaded.get(&id).filter(|_| in_memory.contains_key(&id)).map(|(_, since)| since.elapsed());
        let acknowledging = self.report.acknowledge(connection, &served, served_for);
        with_timeout(self.timing.step_timeout, acknowledging).await?;
        self.snapshots.record();
        Ok(())
    }
}

/// Bounds a step, since a dead connection would never answer.
async fn with_timeout<T, E: Into<ConnectionLost>>(limit: Duration, step: impl Future<Output = Result<T, E>>) -> Result<T, ConnectionLost> {
    timeout(limit, step).await.map_err(|_| ConnectionLost::Timeout)?.map_err(Into::into)
}
