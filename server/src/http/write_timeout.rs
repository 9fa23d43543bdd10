//! A connection that ends if its client does not read what it has asked for. Without it, an answer would wait in memory for as long as
//! the client likes.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::idle_connections::ConnectionUse;

/// What a client must at least read within the time limit, in bytes, while there is more for it.
const MIN_BYTES: usize = 16 * 1024;

/// A stream that gives up on a client that reads too little.
#[derive(Debug)]
pub(crate) struct WriteTimeout<S> {
    stream: S,
    timeout: Duration,
    connection_use: Option<ConnectionUse>,
    /// The client has not read everything yet.
    stalled: Option<Stalled>,
}

#[derive(Debug)]
struct Stalled {
    end: Pin<Box<Sleep>>,
    /// The bytes written since.
    written: usize,
}

impl<S> WriteTimeout<S> {
    /// The client must read something within that time, again and again.
    pub(crate) fn new(stream: S, timeout: Duration) -> Self {
        Self { stream, timeout, connection_use: None, stalled: None }
    }

    /// Notes there that everything is written.
    pub(super) fn noted_by(self, connection_use: ConnectionUse) -> Self {
        Self { connection_use: Some(connection_use), ..self }
    }

    fn watch(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(stalled) = &mut self.stalled {
                    stalled.written += bytes;
                }
                self.stalled.take_if(|stalled| stalled.written >= MIN_BYTES);
                written
            }
            Poll::Ready(Err(_)) => written,
            Poll::Pending => {
                let timeout = self.timeout;
                let stalled = self.stalled.get_or_insert_with(|| Stalled { end: Box::pin(sleep(timeout)), written: 0 });
                ready!(stalled.end.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the client does not read the answer")))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // Everything is written.
        self.stalled = None;
        self.connection_use.iter().for_each(ConnectionUse::written);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const NONE: Duration = Duration::ZERO;

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_given_up() {
        let (server, _client) = duplex(1024);
        let error = WriteTimeout::new(server, NONE).write_all(&[0; 2_000]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_reads_gets_everything() {
        let (server, mut client) = duplex(1024);
        let mut server = WriteTimeout::new(server, Duration::from_hours(1));
        let writing = tokio::spawn(async move { server.write_all(&vec![7; 100_000]).await });
        let mut got = Vec::new();
        client.read_to_end(&mut got).await.unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(got, vec![7; 100_000]);
    }

    #[tokio::test]
    async fn a_few_bytes_do_not_count_as_reading_and_an_idle_connection_is_not_given_up() {
        let (server, mut client) = duplex(1024);
        let mut server = WriteTimeout::new(server, Duration::from_hours(1));
        server.write_all(&[0; 1024]).await.unwrap();
        assert!(server.stalled.is_none());
        let mut rest = Box::pin(server.write_all(&[0; 1024]));
        assert!(futures_util::FutureExt::now_or_never(&mut rest).is_none());
        let mut bytes = [0; 1500];
        let (written, read) = tokio::join!(rest, client.read_exact(&mut bytes));
        assert!(written.is_ok() && read.is_ok());
        assert!(server.stalled.is_some(), "it has read less than it must");
        server.flush().await.unwrap();
        assert!(server.stalled.is_none());
    }
}
