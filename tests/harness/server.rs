//! A server's process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{PATIENCE, Program, eventually};

/// A server that runs. Dropping it kills it.
pub struct Server {
    child: Child,
    said: Arc<Mutex<String>>,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server on the program's database and waits until it listens.
    pub fn start(program: &Program, arguments: &[&str]) -> Self {
        let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
        Self::start_command(command.args(arguments))
    }

    /// Starts a command that is to serve and waits until it listens.
    pub fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut heard = heard.lock().unwrap();
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        let address = eventually("the server listens", PATIENCE, || {
            let said = said.lock().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}: {said}");
            }
            said.lines().find_map(address_in)
        });
        Self { child, said, address }
    }

    /// What it has said on stderr so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it on the spot, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits for its end.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        eventually("the server ends", within, || self.child.try_wait().unwrap())
    }

    /// Stops it in order.
    pub fn stop(mut self) -> String {
        self.terminate();
        let status = self.wait(PATIENCE);
        assert!(status.success(), "{status}: {}", self.said());
        self.said()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if the process is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in what a server says first, in words or as JSON.
fn address_in(line: &str) -> Option<SocketAddr> {
    if let Some((_, url)) = line.split_once("listens on http") {
        let (_, rest) = url.split_once("://")?;
        return rest.split([' ', '/']).next()?.parse().ok();
    }
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    event["address"].as_str()?.parse().ok()
}
