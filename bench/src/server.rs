//! A server's process: started on a free port, stopped politely, never left behind.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::usage::Usage;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a program and waits until it listens. `{address}` in the arguments becomes a free local address; what
    /// the program says goes to the file `log`.
    ///
    /// # Errors
    /// When the program cannot be started, ends at once, or does not listen in time.
    pub fn start(program: &Path, arguments: &[String], log: &Path) -> Result<Self> {
        let address = free_address()?;
        let output = fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(program)
            .args(arguments.iter().map(|argument| argument.replace("{address}", &address.to_string())))
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("cannot share the log file")?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { child, address, log: log.to_owned() };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the process has used so far.
    ///
    /// # Errors
    /// When the process is gone or the system does not tell.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id())
    }

    /// Asks the server to stop and waits until it has.
    ///
    /// # Errors
    /// When it does not stop in time, or had stopped by itself.
    pub fn stop(mut self) -> Result<()> {
        if self.child.try_wait().context("cannot look after the server")?.is_some() {
            bail!("the server ended by itself: {}", self.last_words());
        }
        let process = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .ok_or_else(|| anyhow!("the server has no process id"))?;
        rustix::process::kill_process(process, rustix::process::Signal::TERM)
            .context("cannot ask the server to stop")?;
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if self.child.try_wait().context("cannot look after the server")?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server did not stop within {} s of being asked", STOP_LIMIT.as_secs())
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait().context("cannot look after the server")? {
                bail!("it ended with {status}: {}", self.last_words());
            }
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("it did not listen within {} s: {}", START_LIMIT.as_secs(), self.last_words())
    }

    /// The end of what it said, for an error message.
    fn last_words(&self) -> String {
        let said = fs::read(&self.log).unwrap_or_default();
        let end = &said[said.len().saturating_sub(2_000)..];
        String::from_utf8_lossy(end).trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if the process is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago. Another program could take it before the server does; then the server says
/// so and the measurement fails, which is rare enough.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot find a free port")?;
    listener.local_addr().context("cannot find a free port")
}
