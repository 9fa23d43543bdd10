//! Two servers that come and go, as those who ask them see it.

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{model::Model, outages::Outages, process::Server};

/// The instances that are asked about: their slugs and domains.
pub(crate) const INSTANCES: [(&str, &str); 3] = [("one", "one-app.com"), ("two", "two-app.com"), ("three", "three-app.com")];

/// How long to wait before it is looked again whether a server is back.
pub(crate) const ROUND: Duration = Duration::from_millis(5);

/// A server, as long as it lives.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) address: String,
    pub(crate) started: Instant,
    /// Which instances it has answered for.
    pub(crate) warm: [AtomicBool; INSTANCES.len()],
    /// It is killed or stopped from now on.
    pub(crate) ending: AtomicBool,
}

/// Where a server is found; nothing in it while there is none.
#[derive(Debug, Default)]
pub(crate) struct Place(Mutex<Option<Arc<Life>>>);

impl Place {
    /// Who asks finds this server from now on.
    pub(crate) fn put(&self, server: &Server) {
        let life =
            Life { address: server.address.clone(), started: Instant::now(), warm: Default::default(), ending: AtomicBool::new(false) };
        *self.0.lock().unwrap() = Some(Arc::new(life));
    }

    /// The server is about to end.
    pub(crate) fn clear(&self) {
        if let Some(life) = self.0.lock().unwrap().take() {
            life.ending.store(true, Ordering::SeqCst);
        }
    }

    /// The server that is there.
    pub(crate) fn life(&self) -> Option<Arc<Life>> {
        self.0.lock().unwrap().clone()
    }
}

/// What everybody has before them.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) model: Model,
    pub(crate) outages: Outages,
    pub(crate) places: [Place; 2],
    /// Answers by 200; by 503; connections that ended with a server.
    pub(crate) answers: [AtomicUsize; 3],
    /// Answers by 200 while PostgreSQL could not be reached.
    pub(crate) without: AtomicUsize,
    /// The longest that something older was served, in milliseconds.
    pub(crate) worst: AtomicUsize,
    stopped: AtomicBool,
    wrong: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            model: Model::new(INSTANCES.len()),
            outages: Outages::default(),
            places: Default::default(),
            answers: Default::default(),
            without: AtomicUsize::default(),
            worst: AtomicUsize::default(),
            stopped: AtomicBool::default(),
            wrong: Mutex::default(),
        }
    }

    /// Whether it is over: by time, or because something is wrong.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Notes what must not be, which ends it.
    pub(crate) fn check(&self, result: Result<(), String>, about: impl Display) {
        if let Err(wrong) = result {
            self.wrong.lock().unwrap().push(format!("{wrong}: {about}"));
            self.end();
        }
    }

    /// What must not have been.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }
}
