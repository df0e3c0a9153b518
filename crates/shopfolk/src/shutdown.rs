//! When the program is told to stop, or to read its files again.

use std::io::{IsTerminal, stderr, stdin, stdout};

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop the program: SIGTERM, and SIGINT, which Ctrl-C sends.
#[derive(Debug)]
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on. Before this is called such a signal ends the program on the spot.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub(crate) fn listen() -> Result<Self> {
        let on = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What a signal asks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To stop.
    Stop,
    /// To read its files again: SIGHUP.
    Reload,
}

/// The signals that a server heeds.
#[derive(Debug)]
pub(crate) struct ServerSignals {
    stop: StopSignals,
    hangup: Signal,
    had_terminal: bool,
}

impl ServerSignals {
    /// Listens from now on. Before this is called such a signal ends the program on the spot.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub(crate) fn listen() -> Result<Self> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        Ok(Self { stop: StopSignals::listen()?, hangup, had_terminal: has_terminal() })
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            () = self.stop.next() => Asked::Stop,
            _ = self.hangup.recv() => self.meaning_of_hangup(),
        }
    }

    /// Waits until it is asked to stop.
    pub(crate) async fn stop(&mut self) {
        self.stop.next().await;
    }

    /// The same signal comes when the terminal is closed that the server was started from. Such a terminal is none any
    /// more, and a server that nobody sees must not keep its port and its database.
    fn meaning_of_hangup(&self) -> Asked {
        if self.had_terminal && !has_terminal() { Asked::Stop } else { Asked::Reload }
    }
}

fn has_terminal() -> bool {
    stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal()
}
