//! As process 1 of a container, the program is its own init: it serves in a child process, passes signals on to it, and reaps every
//! process that has lost its parent. PostgreSQL detaches from its parent when it starts. If nobody reaps it after it was killed, its
//! process ID stays in use, and the server would take it for a running PostgreSQL and never start another.

use std::{
    io,
    process::{Command, ExitCode},
};

use anyhow::Context;
use nix::{
    errno::Errno,
    sys::{
        signal::{SigSet, Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// The signals that are passed on. A terminal's Ctrl+C reaches the child by itself as well, which does no harm.
const PASSED_ON: [Signal; 6] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// Serves in a child process if this is process 1, and returns how that has ended; `None` for every other process.
///
/// # Errors
/// The child can't be started.
pub fn run_as_init() -> anyhow::Result<Option<ExitCode>> {
    let watched: SigSet = PASSED_ON.into_iter().chain([Signal::SIGCHLD]).collect();
    if std::process::id() != 1 {
        // A child of the init below begins with its blocked signals. What has arrived since is delivered now.
        watched.thread_unblock()?;
        return Ok(None);
    }
    // Blocked before there is a child, so that no signal is lost.
    watched.thread_block()?;
    let program = std::env::current_exe().context("can't find this program's own file")?;
    let child = Command::new(program).args(std::env::args_os().skip(1)).spawn().context("can't start the server's process")?;
    let child = Pid::from_raw(i32::try_from(child.id())?);
    loop {
        match watched.wait()? {
            Signal::SIGCHLD => {
                if let Some(code) = reap(child)? {
                    return Ok(Some(ExitCode::from(code)));
                }
            }
            // It may have ended just now: then its SIGCHLD comes next.
            signal => drop(kill(child, signal)),
        }
    }
}

/// Reaps every process that has ended. Returns the child's exit code, if it has ended, as a shell tells it: 128 and the signal for a
/// process that was killed.
fn reap(child: Pid) -> io::Result<Option<u8>> {
    let mut ended = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(ended),
            Ok(WaitStatus::Exited(id, code)) if id == child => ended = Some(u8::try_from(code).unwrap_or(1)),
            Ok(WaitStatus::Signaled(id, signal, _)) if id == child => ended = Some(u8::try_from(128 + signal as i32).unwrap_or(1)),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
