//! When the program is told to stop, or to read its files again.

use std::io::{IsTerminal, stderr, stdin, stdout};

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that asks the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGINT, which Ctrl-C sends.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl StopSignal {
    /// The exit status of a command that it stopped before its end: what a shell says of a program that the signal killed.
    pub(crate) const fn exit_status(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// A command was stopped by a signal before its end. [`report`](crate::failure::report) makes the exit status of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stopped by {}: {came_to}", .signal.name())]
pub(crate) struct Stopped {
    /// The signal.
    pub(crate) signal: StopSignal,
    /// What was done until then, and what to do to go on.
    pub(crate) came_to: String,
}

impl Stopped {
    /// By this signal, and what it came to until then.
    pub(crate) fn new(signal: StopSignal, came_to: impl Into<String>) -> Self {
        Self { signal, came_to: came_to.into() }
    }
}

/// The signals that stop the program.
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
    pub(crate) async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.interrupt.recv() => StopSignal::Interrupt,
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
            _ = self.stop.next() => Asked::Stop,
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
