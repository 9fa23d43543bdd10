//! The end of the process: a signal, and everything that waits for it.

use std::process::ExitCode;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Runs work on all cores until it is done. The work is told when to stop.
///
/// # Errors
/// Those of the work, or signals can't be listened to.
pub(crate) fn run_async(work: impl AsyncFnOnce(Shutdown) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async { work(Shutdown::new()?).await })?;
    Ok(ExitCode::SUCCESS)
}

/// A shutdown request by SIGTERM or SIGINT. Every clone sees it.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    fn new() -> anyhow::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            sender.send_replace(true);
            // Keep the sender alive, so that later calls of `wait` still see the value.
            sender.closed().await;
        });
        Ok(Self(receiver))
    }

    /// Waits for the request.
    pub(crate) async fn wait(&mut self) {
        // An error means that the task that listens for signals is gone: then shut down as well.
        let _ = self.0.wait_for(|requested| *requested).await;
    }

    /// Waits for the request, as a future that borrows nothing.
    pub(crate) async fn stopped(mut self) {
        self.wait().await;
    }
}
