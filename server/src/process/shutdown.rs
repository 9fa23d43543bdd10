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
pub(crate) fn until_stopped(work: impl AsyncFnOnce(Stop) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async { work(Stop::new()?).await })?;
    Ok(ExitCode::SUCCESS)
}

/// SIGTERM or SIGINT, for everything that waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    fn new() -> anyhow::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            sender.send_replace(true);
            // Kept open: work that begins to wait later must still find it.
            sender.closed().await;
        });
        Ok(Self(receiver))
    }

    /// Waits for the signal.
    pub(crate) async fn wait(&mut self) {
        // An error means that nobody listens for signals any more: then it is time to stop as well.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
