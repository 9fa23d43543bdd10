//! One check per host at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The hosts that are checked at this moment.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

impl Hosts {
    /// Waits until nobody checks that host. It is the caller's until the guard is dropped.
    pub(super) async fn lock(&self, host: &str) -> OwnedMutexGuard<()> {
        let of_host = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody has or waits for.
            hosts.retain(|_, of_host| Arc::strong_count(of_host) > 1);
            Arc::clone(hosts.entry(host.to_owned()).or_default())
        };
        of_host.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_host_is_checked_once_at_a_time_and_then_forgotten() {
        let hosts = Hosts::default();
        let first = hosts.lock("myapp.com").await;
        assert!(hosts.lock("myapp.com").now_or_never().is_none());
        let other = hosts.lock("other.com").now_or_never().unwrap();
        drop((first, other));
        assert!(hosts.lock("myapp.com").now_or_never().is_some());
        assert!(hosts.lock("third.com").now_or_never().is_some());
        assert_eq!(hosts.0.lock().unwrap().len(), 1);
    }
}
