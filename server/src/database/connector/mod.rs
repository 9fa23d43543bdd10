//! Connects to the database of one URL. Of several hosts it uses the first one that does what the URL asks for, and looks for another one
//! when that is lost.

mod error;
#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::database::{timed, timed_on};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{store, url::DatabaseUrl};
pub use error::ConnectError;
use error::{Failure, place};

/// How often it is checked whether the host in use still does what the URL asks for.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How long that check may take before the hosts are tried one by one.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The way to one database. Clones share which host is in use.
#[derive(Clone, Debug)]
pub struct Connector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    url: DatabaseUrl,
    hosts: Vec<PgConnectOptions>,
    /// The index of the host in use.
    current: watch::Sender<usize>,
    /// The pools that use it, each with the name of its connections.
    pools: Mutex<Vec<(PgPool, String)>>,
    /// When another host was chosen for the last time.
    switched: Arc<Mutex<Option<Instant>>>,
}

impl Connector {
    /// Connects to the hosts of that URL.
    pub fn new(url: DatabaseUrl) -> Self {
        let hosts = url.options();
        Self::with_hosts(url, hosts)
    }

    /// Connects with these options to a single host.
    pub fn to(options: PgConnectOptions) -> Self {
        let url = DatabaseUrl::unnamed();
        Self::with_hosts(url, vec![options])
    }

    fn with_hosts(url: DatabaseUrl, hosts: Vec<PgConnectOptions>) -> Self {
        Self(Arc::new(Inner { url, hosts, current: watch::Sender::new(0), pools: Mutex::default(), switched: Arc::default() }))
    }

    /// The role that it connects as.
    pub fn role(&self) -> &str {
        self.0.hosts[0].get_username()
    }

    /// The URL that it connects to.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// The options for the host in use. `suffix` tells the connections apart in `pg_stat_activity`.
    pub fn options(&self, suffix: &str) -> PgConnectOptions {
        self.named(*self.0.current.borrow(), suffix)
    }

    fn named(&self, index: usize, suffix: &str) -> PgConnectOptions {
        let name = self.0.url.application_name();
        self.0.hosts[index].clone().application_name(format!("{name} {suffix}").trim_end())
    }

    /// Says whenever another host was chosen.
    pub fn switches(&self) -> watch::Receiver<usize> {
        self.0.current.subscribe()
    }

    /// A pool of connections to the host in use. When another one is chosen, it opens its connections there, and closes the others.
    pub fn pool(&self, options: PgPoolOptions, suffix: &str) -> PgPool {
        if self.0.hosts.len() == 1 {
            return options.connect_lazy_with(self.options(suffix));
        }
        let switched = Arc::clone(&self.0.switched);
        let options = options.before_acquire(move |_, connection| {
            let switched = *switched.lock().unwrap_or_else(PoisonError::into_inner);
            let is_older = switched.is_some_and(|switched| connection.age > switched.elapsed());
            Box::pin(async move { Ok(!is_older) })
        });
        // Locked before the host is looked up, so that no switch is missed.
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = options.connect_lazy_with(self.options(suffix));
        pools.push((pool.clone(), suffix.to_owned()));
        pool
    }

    /// Opens a connection to the first host that does what the URL asks for, beginning with the one in use. That one is used from then on.
    ///
    /// # Errors
    /// There is none.
    pub async fn connect(&self) -> Result<PgConnection, ConnectError> {
        self.connect_as("").await
    }

    /// The options for a host that does what the URL asks for right now. It is connected to for a moment: unlike a pool, that says at once
    /// why it fails.
    ///
    /// # Errors
    /// There is none.
    pub(crate) async fn choose(&self, suffix: &str) -> Result<PgConnectOptions, ConnectError> {
        // What ends badly here is of no use anyway.
        drop(self.connect_as(suffix).await?.close().await);
        Ok(self.options(suffix))
    }

    /// Names the database in what sqlx says about connecting to the host in use.
    pub(crate) fn error(&self, error: sqlx::Error) -> ConnectError {
        let options = self.options("");
        let mut failed = ConnectError::new(&self.0.url, &options);
        failed.add(&self.0.url, &options, Failure::Sqlx(error));
        failed
    }

    /// Whether the server of a connection still does what the URL asks for.
    pub(crate) async fn is_target(&self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        store::is_target(timed_on(connection), self.0.url.target_session()).await
    }

    async fn connect_as(&self, suffix: &str) -> Result<PgConnection, ConnectError> {
        let current = *self.0.current.borrow();
        let others = (0..self.0.hosts.len()).filter(|index| *index != current);
        let mut failed = ConnectError::new(&self.0.url, &self.0.hosts[current]);
        for index in std::iter::once(current).chain(others) {
            let options = self.named(index, suffix);
            match self.try_host(&options).await {
                Ok(connection) => {
                    self.switch(index);
                    return Ok(connection);
                }
                Err(failure) => failed.add(&self.0.url, &options, failure),
            }
        }
        Err(failed)
    }

    async fn try_host(&self, options: &PgConnectOptions) -> Result<PgConnection, Failure> {
        let (url, limit) = (&self.0.url, self.0.url.connect_timeout());
        url.check_files().map_err(Failure::File)?;
        let trying = async {
            let mut connection = PgConnection::connect_with(options).await.map_err(Failure::Sqlx)?;
            let is_target = store::is_target(timed_on(&mut connection), url.target_session()).await.map_err(Failure::Sqlx)?;
            if is_target { Ok(connection) } else { Err(Failure::NotTarget(url.target_session())) }
        };
        timeout(limit, trying).await.unwrap_or(Err(Failure::Timeout(limit)))
    }

    fn switch(&self, index: usize) {
        // Locked first, so that two switches at once leave the pools at the host that is in use.
        let pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let is_another = self.0.current.send_if_modified(|current| std::mem::replace(current, index) != index);
        if !is_another {
            return;
        }
        tracing::warn!("the database is used at {} now ({})", place(&self.0.hosts[index]), self.0.url.source());
        for (pool, suffix) in &*pools {
            pool.set_connect_options(self.named(index, suffix));
        }
        // Only now: what the pools open from here on leads to the other host.
        self.drop_older_connections();
    }

    /// Lets no pool use a connection again that it has opened before now.
    fn drop_older_connections(&self) {
        *self.0.switched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Looks for another host whenever the one in use does not do any more what the URL asks for. With a single host, there is nothing to do.
    pub async fn keep_choosing(&self, pool: &PgPool) -> Infallible {
        if self.0.hosts.len() == 1 {
            return std::future::pending().await;
        }
        loop {
            sleep(CHECK_INTERVAL).await;
            let checked = timeout(CHECK_TIMEOUT, store::is_target(timed(pool), self.0.url.target_session())).await;
            if matches!(checked, Ok(Ok(true))) {
                continue;
            }
            // One that was opened while the host changed its part may lead to it after another one was chosen.
            if matches!(checked, Ok(Ok(false))) {
                self.drop_older_connections();
            }
            if let Err(error) = self.choose("").await {
                tracing::debug!("{error}");
            }
        }
    }
}
