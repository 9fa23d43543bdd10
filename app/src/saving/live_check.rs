//! Asks the server about what is typed: a moment after the last keystroke, and only about the last value. What failed is asked again.

use std::{cell::Cell, future::Future, pin::Pin, rc::Rc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::error::AppError;

/// How long nothing is typed before the server is asked.
const TYPING_PAUSE: Duration = Duration::from_millis(30);

/// How long to wait before the first retry. Each further one waits twice as long, up to [`MAX_RETRY_INTERVAL`].
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
const MAX_RETRY_INTERVAL: Duration = Duration::from_secs(16);

/// A request to the server. Its answer is what shows the answer.
pub type Asked = Pin<Box<dyn Future<Output = Result<Box<dyn FnOnce()>, AppError>>>>;

/// The questions about one value. Only the answer to the last one is shown, so no answer ever stands under another value.
#[derive(Clone, Copy)]
pub struct LiveCheck {
    last: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

struct Question {
    number: u32,
    failures: Cell<u32>,
    ask: Box<dyn Fn() -> Asked>,
    failed: Box<dyn Fn(AppError)>,
}

impl Default for LiveCheck {
    fn default() -> Self {
        Self { last: StoredValue::new(0), timer: StoredValue::new(None) }
    }
}

impl LiveCheck {
    /// Asks in a moment, and forgets what was asked before. `failed` says why there is no answer yet.
    pub fn ask(self, ask: impl Fn() -> Asked + 'static, failed: impl Fn(AppError) + 'static) {
        self.last.update_value(|last| *last += 1);
        let question = Question { number: self.last.get_value(), failures: Cell::new(0), ask: Box::new(ask), failed: Box::new(failed) };
        self.wait(TYPING_PAUSE, Rc::new(question));
    }

    /// Forgets what was asked: no answer to it is shown any more.
    pub fn forget(self) {
        self.last.update_value(|last| *last += 1);
        if let Some(handle) = self.timer.get_value() {
            handle.clear();
        }
    }

    fn wait(self, pause: Duration, question: Rc<Question>) {
        if let Some(handle) = self.timer.get_value() {
            handle.clear();
        }
        let send = move || spawn_local(self.send(question));
        self.timer.set_value(set_timeout_with_handle(send, pause).ok());
    }

    async fn send(self, question: Rc<Question>) {
        let answer = (question.ask)().await;
        // Something else was typed since, or the page is gone.
        if self.last.try_get_value() != Some(question.number) {
            return;
        }
        match answer {
            Ok(show) => show(),
            Err(error) => {
                (question.failed)(error);
                if may_pass(error) {
                    let failures = question.failures.get();
                    question.failures.set(failures + 1);
                    let pause = RETRY_INTERVAL.saturating_mul(1 << failures.min(8)).min(MAX_RETRY_INTERVAL);
                    self.wait(pause, question);
                }
            }
        }
    }
}

/// Whether asking again may help.
fn may_pass(error: AppError) -> bool {
    matches!(error, AppError::Unreachable | AppError::Unavailable | AppError::SignedOut)
}

/// Why something is not checked, for people.
pub fn why_unchecked(error: AppError) -> String {
    let why = match error {
        AppError::Unreachable if !window().navigator().on_line() => "you are offline",
        AppError::Unreachable => "the server can't be reached",
        AppError::Unavailable => "the server can't answer right now",
        AppError::SignedOut => "you are signed out. Sign in in another tab",
        error => return format!("Not checked. {error}"),
    };
    format!("Not checked: {why}. Trying again…")
}
